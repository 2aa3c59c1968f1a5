import { flag, option, type OptionSpec } from './spec.ts';

/** Understood by every command, before or after it. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  option('home', 'DIR', 'the home to use: a device of its own (default: the XDG data folder)', {
    kind: { type: 'file' },
  }),
  option('relay', 'URL', 'relay to use; may be given more than once (else KITH_RELAY)', {
    kind: { type: 'url' },
    repeat: true,
  }),
  flag('json', 'one JSON object, or one a line, on stdout'),
  option('passphrase-file', 'FILE', 'file with the passphrase', { kind: { type: 'file' } }),
  flag('version', 'print the version'),
  flag('help', 'print help for the command'),
];
