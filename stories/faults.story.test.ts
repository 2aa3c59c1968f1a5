// Bad input and faults, as a person at the command line meets them: a stable code, a next step, nothing lost.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { alternate, build, pair, Stage, type Ended, type Home } from '../apps/cli/test/support/processes.ts';
import { fakeTimeLibrary } from './support/fake-time.ts';

const isRoot = process.getuid?.() === 0;
const stage = new Stage();
beforeAll(build);
afterAll(() => stage.close());

interface Told {
  readonly status: number | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}
/** What a failed command said; all three parts have to be there. */
const told = ({ status, lines }: Ended): Told => {
  const error = lines.at(-1)?.['error'] as Omit<Told, 'status'> | undefined;
  expect(error?.message).toMatch(/^[A-Z].+\.$/);
  expect(error?.hint).toMatch(/^[A-Z].+\.$/);
  return { status, code: error?.code ?? '', message: error?.message ?? '', hint: error?.hint ?? '' };
};
const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('a relay that answers nonsense, over HTTP and WebSocket: a code within 15 s, and nothing is made', async () => {
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/cbor' }).end('<html>welcome</html>'),
  );
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', () => socket.send(Buffer.from('what?')));
  });
  const url = await listen(server);
  const home = stage.home('nonsense');
  await home.do(['init', '--relay', url]);
  const ended = await home.try(['invite', 'create']);
  expect(told(ended)).toMatchObject({ status: 3, code: 'relay-nonsense' });
  expect(ended.ms).toBeLessThan(15_000);
  expect((await home.do(['invite', 'list'])).lines).toEqual([]);
});

test('a relay that is full (507): the text is kept and arrives when there is room again', async () => {
  const inner = new Stage();
  onTestFinished(() => inner.close());
  const data = join(inner.folder, 'relay');
  const relay = inner.start(['serve', '--port', '0', '--data', data, '--json']);
  const url = String((await relay.line((line) => line['ready'] === true))['url']);
  const { alice, bob, conversation } = await pair(inner, url);
  await relay.end();
  const config = join(inner.folder, 'full.json');
  writeFileSync(config, JSON.stringify({ limits: { cellBytes: 1, placeBytes: 1 } }));
  const port = new URL(url).port;
  const full = inner.start(['serve', '--port', port, '--data', data, '--config', config, '--json']);
  await full.line((line) => line['ready'] === true);
  expect((await alice.do(['send', conversation, 'too full'])).one).toMatchObject({ state: 'waiting' });
  expect(told(await alice.try(['invite', 'create']))).toMatchObject({ status: 3, code: 'relay-full' });
  await full.end();
  const roomy = inner.start(['serve', '--port', port, '--data', data, '--json']);
  await roomy.line((line) => line['ready'] === true);
  await alternate(alice, bob, 2, async () => (await bob.texts(conversation)).includes('too full'));
});

test('an invitation for a relay that is gone: exit 3, kept, and claimed when it is there again', async () => {
  const inner = new Stage();
  onTestFinished(() => inner.close());
  const data = join(inner.folder, 'relay');
  const relay = inner.start(['serve', '--port', '0', '--data', data, '--json']);
  const url = String((await relay.line((line) => line['ready'] === true))['url']);
  const alice = inner.home('alice');
  await alice.do(['init', '--relay', url]);
  const { one } = await alice.do(['invite', 'create']);
  await relay.end();
  const bob = inner.home('bob');
  expect(told(await bob.try(['invite', 'accept', String(one['link'])]))).toMatchObject({ status: 3 });
  const again = inner.start(['serve', '--port', new URL(url).port, '--data', data, '--json']);
  await again.line((line) => line['ready'] === true);
  const { one: accepted } = await bob.do(['invite', 'accept', String(one['link'])]);
  await bob.do(['send', String(accepted['conversation']), 'late but here']);
  await alternate(alice, bob, 4, async () =>
    (await alice.texts(String(accepted['conversation']))).includes('late but here'),
  );
});

test('a clock that is a day wrong, either way: texts arrive, once each, and an invitation made now works', async (context) => {
  if (!existsSync('/usr/bin/faketime')) {
    console.warn('skipped: a wrong clock needs the Debian package faketime (stories/faults.story.test.ts)');
    context.skip();
    return;
  }
  const { url } = await stage.relay();
  const library = fakeTimeLibrary();
  for (const days of ['-1d', '+1d']) {
    const wrong = { env: { LD_PRELOAD: library, FAKETIME: days } };
    const alice = stage.home(`alice${days}`);
    const bob = stage.home(`bob${days}`);
    await alice.do(['init', '--name', 'Alice', '--relay', url]);
    const { one } = await alice.do(['invite', 'create']);
    const { one: accepted } = await bob.do(['invite', 'accept', String(one['link']), '--name', 'Bob'], wrong);
    const conversation = String(accepted['conversation']);
    await bob.do(['send', conversation, 'from another day'], wrong);
    const has = async (home: Home, text: string): Promise<boolean> => (await home.texts(conversation)).includes(text);
    for (let round = 0; round < 4 && !(await has(alice, 'from another day')); round++) {
      await alice.do(['sync']);
      await bob.do(['sync'], wrong);
    }
    await alice.do(['send', conversation, 'from today']);
    for (let round = 0; round < 2 && !(await has(bob, 'from today')); round++) {
      await bob.do(['sync'], wrong);
      await alice.do(['sync']);
    }
    for (const home of [alice, bob])
      expect((await home.texts(conversation)).toSorted()).toEqual(['from another day', 'from today']);
  }
});

test.skipIf(!isRoot)(
  'a disk that is full: disk-full, what was acknowledged stays, and it goes on once there is room',
  async () => {
    const disk = join(stage.folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    onTestFinished(() => void execFileSync('umount', ['--lazy', disk]));
    const { url } = await stage.relay();
    const inner = new Stage();
    onTestFinished(() => inner.close());
    const small = stage.home('disk/home');
    const bob = inner.home('bob');
    await small.do(['init', '--name', 'Small', '--relay', url]);
    const { one } = await small.do(['invite', 'create']);
    const { one: accepted } = await bob.do(['invite', 'accept', String(one['link'])]);
    const conversation = String(accepted['conversation']);
    await small.do(['sync']);
    const kept: string[] = [];
    let failed: Ended | undefined;
    for (let i = 0; i < 100 && failed === undefined; i++) {
      const text = `text ${i} ${'x'.repeat(40_000)}`;
      const ended = await small.try(['send', conversation, '-'], { stdin: text });
      if (ended.status === 0) kept.push(text);
      else failed = ended;
    }
    expect(failed && told(failed)).toMatchObject({ status: 1, code: 'disk-full' });
    expect(kept.length).toBeGreaterThan(0);
    execFileSync('mount', ['-o', 'remount,size=20m', disk]);
    expect(statfsSync(disk).bavail).toBeGreaterThan(0);
    expect(await small.texts(conversation)).toEqual(kept);
    await small.do(['send', conversation, 'room again']);
    await alternate(small, bob, 4, async () => (await bob.texts(conversation)).includes('room again'));
    expect(await bob.texts(conversation)).toEqual([...kept, 'room again']);
  },
);
if (!isRoot) console.warn('skipped: mounting a disk of 1 MB needs root (stories/faults.story.test.ts)');

test('a home of a newer version, a damaged one, one without its key: said so, and left as it is', async () => {
  const cases: readonly (readonly [string, string, (folder: string) => void])[] = [
    ['newer-home', 'newer', (folder) => writeFileSync(join(folder, 'key'), '{"version":99,"wrap":"none","key":""}\n')],
    ['damaged-home', 'keyless', (folder) => rmSync(join(folder, 'key'))],
    [
      'damaged-home',
      'torn',
      (folder) =>
        writeFileSync(join(folder, 'kith.db'), readFileSync(join(folder, 'kith.db')).subarray(0, 5000).fill(7)),
    ],
  ];
  for (const [code, name, harm] of cases) {
    const home = stage.home(name);
    await home.do(['init', '--name', 'Alice']);
    harm(home.folder);
    const before = readFileSync(join(home.folder, 'kith.db'));
    expect(told(await home.try(['contact', 'list'])), name).toMatchObject({ status: 1, code });
    expect(readFileSync(join(home.folder, 'kith.db')).equals(before), name).toBe(true);
  }
});
