// What the command line has for the fuzzer: what is typed, the lines of its socket both ways, and calls of an engine.
import { Duplex } from 'node:stream';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KithError, METHOD_KINDS, type Kith } from '@kith/core/client';
import { openNodeKith } from '@kith/platform-node';
import type { Target, Targets } from '@kith/testkit/fuzz/guided';
import { Door } from '../src/jsonrpc/door.ts';
import { LineSplitter } from '../src/jsonrpc/lines.ts';
import { METHODS } from '../src/jsonrpc/methods.ts';
import { ConnectionLost, Remote } from '../src/jsonrpc/remote.ts';
import { parse, wantsJson } from '../src/parse/parse.ts';
import { COMMANDS, GLOBAL_OPTIONS } from '../src/table/index.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const lossy = new TextDecoder();
const call = (method: string, params: object): Uint8Array =>
  utf8(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
/** Those that wait for the world, or close the home for what follows. */
const LEFT_OUT = new Set(['sync', 'lock.now', 'lock.set', 'lock.duress', 'lock.unlock', 'device.join']);

/** A line in, the answers out; a mistake of ours is a fault. */
const through = async (kith: Kith, data: Uint8Array): Promise<readonly unknown[]> => {
  const answers: { readonly error?: { readonly code: number; readonly data?: { readonly code: string } } }[] = [];
  const door = new Door(kith, (line) => void answers.push(JSON.parse(line)));
  const splitter = new LineSplitter((line) => door.take(line));
  splitter.push(data);
  splitter.end();
  await door.idle();
  for (const { error } of answers)
    if (error?.code === -32603 || error?.data?.code === 'internal') throw new Error(JSON.stringify(error));
  return answers;
};
const taken = (answers: readonly unknown[]): unknown =>
  answers.find((answer) => typeof answer === 'object' && answer !== null && 'result' in answer);

const engineTarget = async (atEnd: Parameters<Targets>[1]): Promise<Target> => {
  const home = mkdtempSync(join(tmpdir(), 'kith-cli-fuzz-'));
  const kith = await openNodeKith({ home, relays: [], online: false, durability: 'process', logLevel: 'error' });
  atEnd(async () => {
    await kith.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  });
  const limited: Kith = {
    ...kith,
    call: (method, params) =>
      LEFT_OUT.has(method) ? Promise.reject(new KithError('bad-option')) : kith.call(method, params),
    onChange: () => () => undefined,
  };
  const methods = Object.keys(METHOD_KINDS).filter((method) => !LEFT_OUT.has(method));
  return {
    name: 'calls of an engine',
    seeds: [
      ...methods.map((method) => call(method, {})),
      call('invite.accept', { link: 'kith:i#abc' }),
      call('set', { key: 'timer', value: '30s' }),
      call('send', { conversation: 'ab'.repeat(16), text: 'x' }),
      call('profile.set', { name: 'Alice' }),
      call('log', { conversation: 'self', limit: 3 }),
      call('search', { query: 'a "b c"', limit: 9 }),
    ],
    words: [...new Set(Object.values(METHODS).flatMap((table) => Object.keys(table)))].map((name) =>
      utf8(`"${name}":`),
    ),
    worth: 12,
    slowMs: 1_000,
    run: async (data) => taken(await through(limited, data)),
  };
};

/** A socket that nothing stands behind. */
const hollowSocket = (): Duplex =>
  new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done(), emitClose: false });

export const targets: Targets = async (_, atEnd) => {
  const stub: Kith = {
    call: (method) =>
      method === 'status'
        ? Promise.reject(new KithError('interrupted'))
        : (Promise.resolve({ method, at: 1 }) as Promise<never>),
    onChange: () => () => undefined,
    close: () => Promise.resolve(),
  };
  return [
    {
      name: 'what is typed',
      seeds: COMMANDS.map(({ path }) => utf8([...path, '--json'].join('\0'))),
      words: [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }) => options)]
        .flatMap(({ name }) => [`\0--${name}`, `\0--${name}=1`])
        .concat(['\0--', '\0-', '\0-h', '\0', '=', '1h', 'https://a.b'])
        .map(utf8),
      worth: 2,
      run: (data) => {
        const argv = lossy.decode(data).split('\0');
        wantsJson(argv);
        const parsed = parse(argv);
        return parsed.type === 'wrong' ? undefined : parsed;
      },
    },
    {
      name: 'lines to the door',
      seeds: [
        ...Object.keys(METHODS).map((method) => call(method, {})),
        call('hello', {}),
        call('changes', { on: true }),
        utf8(`[${'{"jsonrpc":"2.0","id":1,"method":"status"},'.repeat(3)}1]\n{}\n`),
        utf8(`{"jsonrpc":"2.0","id":1,"method":"set","params":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      ],
      words: ['\n', '"id":null', '"params":[]', '"method":"constructor"', '"jsonrpc":"2.0"', '\u0000'].map(utf8),
      worth: 2,
      slowMs: 200,
      run: async (data) => taken(await through(stub, data)),
    },
    {
      name: 'lines from the owner of a home',
      seeds: [
        { id: 1, result: { at: '2026-01-01T00:00:00.000Z', picture: 'AAAA' } },
        { id: 1, error: { code: -32000, message: 'm', data: { code: 'interrupted', hint: 'h' } } },
        { method: 'change', params: { type: 'status' } },
        { method: 'bye' },
      ].map((message) => utf8(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)),
      words: ['"id":1', '"error":null', '"data":1', '"params":', '\n', '"batch":"'].map(utf8),
      run: async (data) => {
        const socket = hollowSocket();
        const remote = new Remote(socket);
        const asked = remote.ask('status', {}).catch((error: unknown) => {
          if (error instanceof KithError || error instanceof ConnectionLost) return undefined;
          throw error;
        });
        socket.emit('data', data);
        socket.emit('close');
        return asked;
      },
    },
    await engineTarget(atEnd),
  ];
};
