import { ERRORS } from '@kith/core/client';
import { encode } from '@kith/core/codec';
import { encodeHeader, logObjectCodec } from '@kith/core/log';
import { describe, expect, test } from 'vitest';
import { COMMANDS, type CommandSpec } from '../src/table/index.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder, runHere } from './support/run-here.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  CONVERSATION: 'Blair',
  EVENT: 'dq0Zk3first0000000000A',
  LINK: 'https://relay.example/i#abc',
  INVITE: 'inv-open-000001',
  REQUEST: 'req-0000000001',
  VALIDITY: 'validated',
  CONTEXT: 'club',
  DEVICE: 'phone',
  WORDS: 'river candle seven maple',
  URL: 'https://relay.example',
  QUERY: 'one',
  SHELL: 'bash',
};
/** What a command needs beside its arguments to do something. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  export: ['--plain'],
  forge: ['--genuine'],
  'contact context': ['--none'],
};
/** A transcript of one event, which nobody sealed. */
const transcript = (): string => {
  const bytes = (length: number): never => new Uint8Array(length) as never;
  const header = encodeHeader({
    format: 1,
    kind: 1,
    conversation: bytes(16),
    feed: bytes(8),
    segment: new Uint8Array(8).fill(1) as never,
    seq: 0,
    previous: bytes(32),
    lamport: 1,
    time: 0,
    charter: { feed: bytes(8), seq: 0 },
    heads: [],
    end: null,
    contentKind: 2,
    sizeClass: 0,
    contentHash: bytes(32),
    extensions: [],
  });
  const object = Buffer.from(encode(logObjectCodec, { type: 'event', header, content: null })).toString('base64url');
  return `{"kith":"transcript","version":1}\n${JSON.stringify({ object })}\n`;
};
/** A folder with the file that `import` or `judge` reads, and without the one that `export` writes. */
const folderFor = (command: CommandSpec): string => {
  const folder = freshFolder();
  if (command.path[0] === 'judge') writeFileSync(join(folder, 'x'), transcript());
  if (command.path[0] === 'import') writeFileSync(join(folder, 'x'), '{"kith":"export","version":1}\n');
  return folder;
};
const words = (command: CommandSpec): string[] => [
  ...command.path,
  ...(OPTIONS[name(command)] ?? []),
  ...command.arguments.filter(({ optional }) => !optional).map(({ name }) => EXAMPLES[name] ?? 'x'),
];
const name = (command: CommandSpec): string => command.path.join(' ');
/** Those that run until they are ended have tests of their own, with real processes. */
const ending = COMMANDS.filter(({ stays }) => !stays);
const later = COMMANDS.filter(({ load }) => load === null);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TIME_FIELDS = ['at', 'expires', 'sentAt', 'receivedAt', 'addedAt', 'refusableUntil'];

describe('every command with --json', () => {
  test.each(ending.filter(({ load }) => load !== null).map((command) => [name(command), command] as const))(
    '%s prints objects with its fields',
    async (_, command) => {
      const { status, lines } = await runHere([...words(command), '--json'], { home: folderFor(command) });
      // Doctor finds that the fake relay does not answer, which is what it is for.
      expect(status).toBe(name(command) === 'doctor' ? 1 : 0);
      if (command.prints === 'one') expect(lines).toHaveLength(1);
      if (name(command) !== 'relay remove') expect(lines.length).toBeGreaterThan(0);
      for (const object of lines) {
        expect(Object.keys(object)).toEqual(expect.arrayContaining([...command.fields]));
        expect(Object.values(object)).not.toContain(undefined);
        for (const field of TIME_FIELDS) if (typeof object[field] === 'string') expect(object[field]).toMatch(TIME);
        for (const field of TIME_FIELDS) expect(typeof object[field]).not.toBe('number');
      }
    },
  );

  test.each(later.map((command) => [name(command), command] as const))(
    '%s says that it is not there yet',
    async (_, command) => {
      const { status, lines } = await runHere([...words(command), '--json']);
      expect(status).toBe(1);
      expect(lines).toEqual([
        { error: { code: 'not-built', message: expect.any(String), hint: ERRORS['not-built'].hint } },
      ]);
    },
  );

  test.each(COMMANDS.map((command) => [name(command), command] as const))(
    '%s refuses an unknown option and explains itself',
    async (_, command) => {
      const refused = await runHere([...words(command), '--no-such-option', '--json']);
      expect(refused).toMatchObject({ status: 2, err: '' });
      expect(refused.lines).toEqual([
        { error: { code: 'bad-option', message: expect.any(String), hint: expect.any(String) } },
      ]);
      const help = await runHere([...command.path, '--help', '--json']);
      expect(help.status).toBe(0);
      expect(help.lines[0]?.['commands']).toMatchObject([
        { command: name(command), fields: command.fields, built: command.load !== null },
      ]);
    },
  );

  test('a command that needs arguments refuses to run without', async () => {
    for (const command of COMMANDS.filter((each) => each.arguments.some(({ optional }) => !optional))) {
      expect(await runHere([...command.path, '--json'])).toMatchObject({
        status: 2,
        lines: [{ error: { code: 'bad-option' } }],
      });
    }
  });
});
