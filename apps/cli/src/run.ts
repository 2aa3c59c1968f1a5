import { EXIT, KithError, type Kith } from '@kith/core/client';
import { resolve } from 'node:path';
import type { Context } from './actions/context.ts';
import { AmbiguousError } from './find/ambiguous.ts';
import { homeFolder } from './home/place.ts';
import type { Host } from './host.ts';
import type { Input } from './parse/input.ts';
import { parse, wantsJson, type Parsed } from './parse/parse.ts';
import { parseOrigin } from './parse/values.ts';
import { Printer } from './print/printer.ts';
import { version } from './version.ts';

/** Every command but the long-running ones ends within 15 s; the last of them are for closing the home. */
export const LIMIT_MS = 12_000;

/** What shells give for a program that was asked to end by Ctrl+C. */
const INTERRUPTED = 130;

/** Of KITH_RELAY: what a home uses that knows none. */
const relaysOf = (env: Host['env']): readonly string[] =>
  (env['KITH_RELAY'] ?? '')
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const origin = parseOrigin(part);
      if (origin === undefined)
        throw new KithError('bad-url', { message: 'KITH_RELAY is not the address of a relay.' });
      return origin;
    });

/** Another process may own a home that knows no relay yet: what was named here is for it to remember. */
const tellRelays = async (kith: Kith, relays: readonly string[], print: Printer): Promise<void> => {
  if (relays.length === 0) return;
  const { relays: known } = await kith.call('status', {});
  if (known.length === 0) for (const url of relays) await kith.call('relay.add', { url });
  else if (!relays.every((url) => known.includes(url)))
    print.talk('A running Kith owns this home; it uses its own relays.');
};

/** A person is at work; and a locked home is opened when the passphrase was given with the command. */
const tellPerson = async (kith: Kith, command: Input['command'], input: Input, host: Host): Promise<void> => {
  const { locked } = await kith.call('lock.touch', {});
  const file = input.option('passphrase-file');
  if (!locked || command.locks || file === undefined) return;
  const { passphraseOfFile } = await import('./actions/passphrase.ts');
  await kith.call('lock.unlock', { passphrase: await passphraseOfFile(resolve(host.folder, file)) });
};

/** A limit that an action's own work races against. */
const startLimit = () => {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (error: KithError) => void = () => undefined;
  const reached = new Promise<never>((_, reject) => (giveUp = reject));
  // Nobody may be racing against it (an action without an engine).
  reached.catch(() => undefined);
  return {
    reached,
    start: (ms: number) => {
      timer = setTimeout(() => giveUp(new KithError('no-relay', { message: 'No relay answered in time.' })), ms);
    },
    stop: () => clearTimeout(timer),
  };
};

const perform = async (input: Input, host: Host, print: Printer): Promise<number> => {
  const { command } = input;
  if (command.load === null) {
    throw new KithError('not-built', {
      message: `\`kith ${command.path.join(' ')}\` can not be used yet in this version.`,
    });
  }
  const action = await command.load();
  const home = homeFolder(host, input.option('home'));
  const relaysForRun = input.origins('relay');
  const relays = relaysOf(host.env);
  const limit = startLimit();
  let opened: Promise<Kith> | undefined;
  const context: Context = {
    input,
    print,
    host,
    home,
    kith: (limitMs = LIMIT_MS, onRole) =>
      (opened ??= import('./home/steady.ts').then(async ({ Steady }) => {
        let owner = false;
        const noteRole = (owns: boolean): void => {
          owner = owns;
          onRole?.(owns);
        };
        const kith = await Steady.open(
          { home, relays, relaysForRun, online: command.stays, openEngine: host.openEngine },
          noteRole,
        );
        try {
          await tellPerson(kith, command, input, host);
          if (limitMs !== null) limit.start(limitMs);
          if (!owner && !command.locks) await tellRelays(kith, relaysForRun.length > 0 ? relaysForRun : relays, print);
        } catch (error) {
          await kith.close();
          throw error;
        }
        return kith;
      })),
  };
  try {
    // Those that stay end by themselves when they are asked; the others are left where they are, and their home is closed.
    const interrupted = host.ended.then((why) => (why === 'unread' ? EXIT.ok : INTERRUPTED));
    return await Promise.race([action(context), limit.reached, ...(command.stays ? [] : [interrupted])]);
  } finally {
    limit.stop();
    // A home that could not be opened has told why already.
    await opened?.then(
      (kith) => kith.close(),
      () => undefined,
    );
  }
};

const showHelp = async (parsed: Parsed & { type: 'help' }, host: Host, json: boolean): Promise<number> => {
  const { helpRecord, helpText } = await import('./help/help.ts');
  new Printer(host, json).record(helpRecord(parsed.about), helpText(parsed.about, parsed.short));
  return EXIT.ok;
};

const toKithError = (error: unknown, host: Host): KithError => {
  if (error instanceof KithError) return error;
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  if (full) return new KithError('disk-full');
  // A bug: whoever reports it needs the place, and a stack holds no texts, names or keys.
  if (host.env['KITH_DEBUG'] !== undefined && error instanceof Error) host.err(`${error.stack ?? error.message}\n`);
  return new KithError('internal');
};

/** Runs one command line; returns its exit status. Never throws. */
export const run = async (host: Host): Promise<number> => {
  const json = wantsJson(host.argv);
  const print = new Printer(host, json);
  try {
    host.checkArguments();
    const parsed = parse(host.argv);
    switch (parsed.type) {
      case 'help':
        return await showHelp(parsed, host, json);
      case 'version':
        print.record(
          { version: version(), node: process.versions.node },
          `kith ${version()} (node ${process.versions.node})`,
        );
        return EXIT.ok;
      case 'wrong':
        throw parsed.error;
      case 'run':
        return await perform(parsed.input, host, print);
    }
  } catch (error) {
    const known = toKithError(error, host);
    print.error(known, known instanceof AmbiguousError ? known.candidates : []);
    return known.exit;
  }
};
