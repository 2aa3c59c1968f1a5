// Any line at the door of a running engine, and any parameters that have the right names: a result or a stable code, never
// "internal", which would be a mistake of ours.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNodeKith } from '@kith/platform-node';
import { bend } from '@kith/testkit/fuzz';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { Door } from '../src/jsonrpc/door.ts';
import { LineSplitter } from '../src/jsonrpc/lines.ts';
import { METHODS } from '../src/jsonrpc/methods.ts';

const randomness = seededRandomness(28);
/** Those that wait for the world, or close the home for what follows. */
const LEFT_OUT = new Set(['sync', 'lock.now', 'lock.set', 'lock.duress', 'lock.unlock', 'device.join']);

test('class 28 10,000 calls of every method with anything in its parameters, and lines bent anywhere: none ends as a mistake of ours', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kith-fuzz-'));
  const kith = await openNodeKith({ home, relays: [], online: false, durability: 'process', logLevel: 'error' });
  const mistakes: string[] = [];
  let answered = 0;
  try {
    const asked = new Map<number, string>();
    /** Ids that the engine gave: what is done with them gets further than what is done with noise. */
    const learned: string[] = [];
    const learn = (result: unknown): void => {
      if (typeof result === 'string' && result !== '' && result.length < 200) {
        if (learned.length < 200) learned.push(result);
        else learned[randomness.int(200)] = result;
      } else if (typeof result === 'object' && result !== null) for (const one of Object.values(result)) learn(one);
    };
    const door = new Door(kith, (line) => {
      const answer = JSON.parse(line) as {
        id?: number;
        result?: unknown;
        error?: { code: number; data?: { code: string } };
      };
      answered++;
      learn(answer.result);
      if (answer.error?.code === -32603 || answer.error?.data?.code === 'internal')
        mistakes.push(`${asked.get(answer.id ?? -1) ?? '?'}: ${line.slice(0, 200)}`);
    });
    const imported = { kith: 'export', version: 1, conversations: [{ conversation: 'c1', name: 'Bob' }] };
    const words = [
      '',
      'a',
      '0',
      'off',
      'on',
      '30s',
      'self',
      'x'.repeat(3000),
      '\u0000',
      '\u202e',
      '😀',
      '-',
      '__proto__',
    ];
    words.push('kith:i#abc', 'AAAAAAAAAAAAAAAAAAAAAA', 'A'.repeat(43), 'http://localhost:9', 'http://[::1', 'AP_-');
    words.push(JSON.stringify(imported));
    const value = (): unknown =>
      randomness.pick([
        () => randomness.pick(words),
        () => randomness.int(2 ** 31),
        () => randomness.pick([0, 1, -1, 2 ** 53, 1.5, Number.MAX_SAFE_INTEGER]),
        () => randomness.int(2) === 0,
        () => null,
        () => [randomness.pick(words)],
        () => ({}),
      ])();
    const ofKind = (kind: unknown): unknown => {
      if (Array.isArray(kind)) return randomness.pick(kind as readonly unknown[]);
      if (kind === 'count') return randomness.pick([0, 1, 7, 1000, 2 ** 31, Number.MAX_SAFE_INTEGER]);
      if (kind === 'flag') return randomness.int(2) === 0;
      if (kind === 'bytes') return Buffer.from(randomness.bytes(randomness.int(300))).toString('base64');
      return randomness.pick(learned.length > 0 && randomness.int(2) === 0 ? learned : words);
    };
    const methods = Object.keys(METHODS).filter((name) => !LEFT_OUT.has(name));
    const splitter = new LineSplitter((line) => door.take(line));
    for (let id = 0; id < 10_000; id++) {
      const method = methods[id % methods.length] as string;
      const table = METHODS[method as keyof typeof METHODS] as Readonly<
        Record<string, { kind: unknown; needed: boolean }>
      >;
      const params = Object.fromEntries(
        Object.entries(table)
          .filter(([, { needed }]) => needed || randomness.int(2) === 0)
          .map(([name, { kind }]) => [name, randomness.int(8) === 0 ? value() : ofKind(kind)]),
      );
      const line = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      asked.set(id, line.slice(0, 300));
      const bytes = new TextEncoder().encode(line);
      splitter.push(id % 5 === 0 ? bend(bytes, randomness) : bytes);
      splitter.push(Uint8Array.of(10));
      if (id % 20 === 0) await door.idle();
    }
    await door.idle();
    expect(await kith.call('status', {})).toBeDefined();
  } finally {
    await kith.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
  expect(mistakes).toEqual([]);
  expect(answered).toBeGreaterThan(9000);
});
