import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { build, pair, Stage, type Home } from './support/processes.ts';

// Many real processes on one home.

const stage = new Stage();
let alice: Home;
let bob: Home;
let conversation: string;
beforeAll(async () => {
  build();
  const { url } = await stage.relay();
  ({ alice, bob, conversation } = await pair(stage, url));
}, 60_000);
afterAll(() => stage.close());

/** Takes connections and says nothing. */
const silentRelay = async (): Promise<string> => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
};
const ready = { is: (line: Readonly<Record<string, unknown>>): boolean => line['ready'] === true };

describe('a daemon', () => {
  test('one ready line, a socket for its user, and the end within 5 s of SIGTERM', async () => {
    const daemon = alice.start(['daemon']);
    const line = await daemon.line(ready.is);
    expect(statSync(String(line['socket'])).mode & 0o777).toBe(0o600);
    expect(statSync(join(alice.folder, 'kith.sock')).isSocket()).toBe(true);
    expect((await alice.do(['contact', 'list'])).one).toMatchObject({ conversation });
    const { status, ms } = await daemon.end();
    expect(status).toBe(0);
    expect(ms).toBeLessThan(60_000);
    expect(daemon.lines).toHaveLength(1);
  }, 30_000);

  test('ends within 5 s also while another command waits for it', async () => {
    const daemon = alice.start(['daemon']);
    await daemon.line(ready.is);
    const follow = alice.start(['follow']);
    await follow.line(ready.is);
    const started = performance.now();
    expect((await daemon.end()).status).toBe(0);
    expect(performance.now() - started).toBeLessThan(5000);
    // Who goes on owns the home now.
    expect((await alice.do(['contact', 'list'])).one).toMatchObject({ conversation });
    expect((await follow.end('SIGINT')).status).toBe(0);
  }, 30_000);

  test('killed with -9 it is replaced at once', async () => {
    const daemon = alice.start(['daemon']);
    await daemon.line(ready.is);
    await daemon.end('SIGKILL');
    const { ms, lines } = await alice.do(['send', 'Bob', 'after the kill']);
    expect(lines).toHaveLength(1);
    expect(ms).toBeLessThan(5000);
    const again = alice.start(['daemon']);
    expect(await again.line(ready.is)).toMatchObject({ standby: false });
    expect((await again.end()).status).toBe(0);
  }, 30_000);

  test('stopped in the middle it is busy: 75 within 10 s', async () => {
    const daemon = alice.start(['daemon']);
    await daemon.line(ready.is);
    daemon.child.kill('SIGSTOP');
    const busy = await alice.code(['contact', 'list']);
    daemon.child.kill('SIGCONT');
    expect(busy).toMatchObject({ status: 75, code: 'home-busy' });
    expect(busy.ms).toBeLessThan(10_000);
    expect((await daemon.end()).status).toBe(0);
  }, 30_000);
});

describe('Ctrl+C', () => {
  test('a command that waits for a relay ends in seconds, and lets the home go', async () => {
    const url = await silentRelay();
    const carol = stage.home('carol');
    await carol.do(['init', '--relay', url]);
    const sync = carol.start(['sync', '--for', '60']);
    // It serves its home as soon as it owns it: from then on it waits for the relay.
    await expect.poll(() => existsSync(join(carol.folder, 'kith.sock')), { timeout: 5000 }).toBe(true);
    const started = performance.now();
    expect(await sync.end('SIGINT')).toMatchObject({ status: 130, out: '' });
    expect(performance.now() - started).toBeLessThan(5000);
    await carol.do(['contact', 'list']);
  }, 30_000);
});

describe('at the same time', () => {
  test('twelve sends: all are taken, once each', async () => {
    const texts = Array.from({ length: 12 }, (_, i) => `at once ${i}`);
    const ended = await Promise.all(texts.map((text) => alice.try(['send', 'Bob', text])));
    expect(ended.filter(({ status }) => status !== 0).map(({ out, err }) => out + err)).toEqual([]);
    const logged = (await alice.texts('Bob')).filter((text) => String(text).startsWith('at once'));
    expect([...logged].sort()).toEqual([...texts].sort());
    await bob.do(['sync']);
    expect((await bob.texts('Alice')).filter((text) => String(text).startsWith('at once'))).toEqual(logged);
  }, 60_000);

  test('follow shows what arrives while it runs and, with --from, what arrived since', async () => {
    const follow = bob.start(['follow']);
    expect(await follow.line(() => true)).toEqual({ ready: true, conversation: null });
    const { one } = await alice.do(['send', 'Bob', 'live']);
    expect(await follow.line(({ text }) => text === 'live')).toMatchObject({
      event: one['event'],
      conversation,
      mine: false,
      kind: 'text',
    });
    expect((await follow.end('SIGINT')).status).toBe(0);
    await alice.do(['send', 'Bob', 'while nobody followed']);
    await bob.do(['sync']);
    const again = bob.start(['follow', '--from', String(one['event'])]);
    expect(await again.line(({ text }) => text !== undefined)).toMatchObject({
      text: 'while nobody followed',
      conversation,
    });
    expect((await again.end()).status).toBe(0);
  }, 30_000);

  test('rpc owns the home, answers calls and tells changes; others go through it', async () => {
    const rpc = bob.start(['rpc'], {
      stdin: '{"jsonrpc":"2.0","id":1,"method":"contact.list"}\n{"jsonrpc":"2.0","id":2,"method":"send","params":{}}\n',
    });
    const { status, lines } = await rpc.ended;
    expect(status).toBe(0);
    expect(lines.find(({ id }) => id === 1)).toMatchObject({
      jsonrpc: '2.0',
      result: [{ conversation, name: 'Alice' }],
    });
    expect(lines.find(({ id }) => id === 2)).toMatchObject({ error: { code: -32602 } });
  }, 30_000);
});
