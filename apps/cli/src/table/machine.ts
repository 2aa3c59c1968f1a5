import { argument, choice, command, flag, maybe, option, type CommandSpec } from './spec.ts';

const RELAY = ['url', 'reachable', 'latencyMs', 'roles', 'load'];
const URL_ARGUMENT = argument('URL', { type: 'url' });

export const MACHINE: readonly CommandSpec[] = [
  command('set', 'show or change settings', {
    arguments: [maybe('KEY'), maybe('VALUE')],
    options: [option('in', 'CONVERSATION', 'for this conversation only')],
    prints: 'lines',
    fields: ['key', 'value', 'default'],
    load: async () => (await import('../actions/set.ts')).set,
  }),
  ...(['list', 'status'] as const).map((verb) =>
    command(`relay ${verb}`, verb === 'list' ? 'list your relays' : 'ask your relays how they are', {
      prints: 'lines',
      fields: RELAY,
      load: async () => (await import('../actions/relay.ts')).relayList,
    }),
  ),
  command('relay add', 'use a relay', {
    arguments: [URL_ARGUMENT],
    prints: 'lines',
    fields: RELAY,
    load: async () => (await import('../actions/relay.ts')).relayChange('relay.add'),
  }),
  command('relay remove', 'stop using a relay', {
    arguments: [URL_ARGUMENT],
    prints: 'lines',
    fields: RELAY,
    load: async () => (await import('../actions/relay.ts')).relayChange('relay.remove'),
  }),
  command('serve', 'run a relay, with the web app', {
    options: [
      option('port', 'N', 'port to listen on (4680; 0: any free one)', {
        kind: { type: 'count', least: 0, most: 65_535 },
      }),
      option('data', 'DIR', 'where it keeps its files (default: the XDG data folder)', { kind: { type: 'file' } }),
      option('config', 'FILE', 'JSON file with limits and roles', { kind: { type: 'file' } }),
      option('public-url', 'URL', 'what links carry, behind TLS', { kind: { type: 'url' } }),
      flag('lan', 'let other computers of this network in'),
      option('host', 'ADDRESS', 'listen on this address only'),
      option('name', 'TEXT', 'shown to people'),
      option('roles', 'LIST', 'of live,mailbox,rendezvous,web'),
      option('web', 'on|off', 'serve the web app (on)', { kind: choice('on', 'off') }),
      option('web-root', 'DIR', 'another built web app', { kind: { type: 'file' } }),
      option('durability', 'HOW', 'process: survives kill -9; power: and power loss', {
        kind: choice('process', 'power'),
      }),
      flag('behind-proxy', 'a reverse proxy on this computer stands in front'),
    ],
    examples: ['kith serve --port 4680', 'kith serve --public-url https://kith.example'],
    fields: ['ready', 'url', 'port'],
    stays: true,
    load: async () => (await import('../actions/serve.ts')).serve,
  }),
  command('daemon', 'keep this home online and serve other commands', {
    fields: ['ready', 'home', 'socket', 'device', 'locked'],
    stays: true,
    load: async () => (await import('../actions/daemon.ts')).daemon,
  }),
  command('rpc', 'JSON-RPC 2.0 on stdin and stdout, one object a line', {
    prints: 'nothing',
    stays: true,
    examples: [`echo '{"jsonrpc":"2.0","id":1,"method":"contact.list"}' | kith rpc`],
    load: async () => (await import('../actions/rpc.ts')).rpc,
  }),
  command('doctor', 'say what works, what does not, and the next step', {
    prints: 'lines',
    fields: ['check', 'ok', 'detail', 'next'],
    load: async () => (await import('../actions/doctor.ts')).doctor,
  }),
  command('lock', 'lock this home until its passphrase is given', {
    options: [
      flag('set', 'set or change the passphrase'),
      flag('remove', 'take the passphrase away'),
      flag('duress', 'set a passphrase that opens an empty home and deletes this one'),
      flag('no-duress', 'take such a passphrase away'),
      option('new-passphrase-file', 'FILE', 'file with what is set (else asked for, or a line of stdin)', {
        kind: { type: 'file' },
      }),
    ],
    examples: ['kith lock --set', 'kith lock', 'kith lock --set --passphrase-file old --new-passphrase-file new'],
    fields: ['passphrase', 'locked', 'waitUntil'],
    locks: true,
    load: async () => (await import('../actions/lock.ts')).lock,
  }),
  command('unlock', 'unlock the home of a running daemon, or try a passphrase', {
    examples: ['kith unlock', 'kith unlock --passphrase-file FILE'],
    fields: ['passphrase', 'locked', 'waitUntil'],
    locks: true,
    load: async () => (await import('../actions/lock.ts')).unlock,
  }),
  command('forge', 'tell a past day differently, as anyone can once its keys are public', {
    arguments: [argument('CONVERSATION'), argument('FILE', { type: 'file' })],
    options: [
      option('day', 'YYYY-MM-DD', 'which day (the newest one that can be)'),
      option('text', 'TEXT', 'what its first, second, … text says instead', { repeat: true }),
      flag('genuine', 'write the transcript as it is, to compare'),
    ],
    examples: ['kith forge Blair lie.jsonl --text "I never liked you"', 'kith judge lie.jsonl'],
    fields: ['file', 'day', 'changed'],
    load: async () => (await import('../actions/forge.ts')).forge,
  }),
  command('judge', 'say of each event of a transcript whether it is proven who wrote it', {
    arguments: [argument('FILE', { type: 'file' })],
    prints: 'lines',
    fields: ['event', 'device', 'sentAt', 'kind', 'text', 'sealed', 'proven'],
    load: async () => (await import('../actions/forge.ts')).judge,
  }),
  command('completion', 'print completions for a shell', {
    arguments: [argument('SHELL', choice('bash', 'zsh', 'fish'))],
    examples: ['kith completion bash > ~/.local/share/bash-completion/completions/kith'],
    fields: ['shell', 'script'],
    load: async () => (await import('../actions/completion.ts')).completion,
  }),
];
