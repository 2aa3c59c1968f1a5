import { KithError } from '@kith/core/client';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { obtainHome } from '../src/home/obtain.ts';
import { socketPath } from '../src/home/socket.ts';
import { Steady } from '../src/home/steady.ts';
import { FakeHome } from './support/fake-home.ts';
import { freshFolder, runHere } from './support/run-here.ts';

const wish = (home: string, fake: FakeHome, patienceMs = 2000) => ({
  home,
  relays: [],
  relaysForRun: [],
  online: false,
  openEngine: fake.openEngine,
  patienceMs,
});
const own = async (home: string, fake: FakeHome) => {
  const held = await obtainHome(wish(home, fake));
  onTestFinished(() => held.close());
  return held;
};

describe('one home, many processes', () => {
  test('the first owns it and serves it on a socket for this user only; the others go through it', async () => {
    const home = join(freshFolder(), 'new', 'home');
    const fake = new FakeHome();
    expect((await own(home, fake)).owner).toBe(true);
    expect(statSync(socketPath(home)).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    const guest = await own(home, fake);
    expect(guest.owner).toBe(false);
    expect(await guest.kith.call('profile.get', {})).toEqual({ name: 'Alice', picture: Uint8Array.of(0xff, 0xd8) });
    expect((await guest.kith.call('request.list', {}))[0]?.at).toBe(Date.UTC(2026, 10, 21, 9, 5, 7, 89));
    await expect(guest.kith.call('invite.accept', { link: 'x' })).rejects.toMatchObject({ code: 'bad-link', exit: 2 });
    expect(fake.owners).toBe(1);
  });

  test('a home whose path is longer than a socket address may be', async () => {
    const home = join(freshFolder(), 'x'.repeat(120), 'y'.repeat(120));
    const fake = new FakeHome();
    await own(home, fake);
    expect(statSync(socketPath(home)).isSocket()).toBe(true);
    expect((await own(home, fake)).owner).toBe(false);
  });

  test('twenty at once: all are served, one after the other or together', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        runHere(['send', 'Blair', String(i), '--home', home, '--json'], { openEngine: fake.openEngine }),
      ),
    );
    expect(outcomes.map(({ status, out }) => ({ status, out })).filter(({ status }) => status !== 0)).toEqual([]);
    const texts = fake.kith.asked.flatMap(({ method, params }) =>
      method === 'send' && 'text' in params ? [Number(params.text)] : [],
    );
    expect(texts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(fake.held).toBe(false);
  }, 20_000);

  test('what a killed owner left behind is in nobody’s way', async () => {
    const home = freshFolder();
    writeFileSync(socketPath(home), '');
    expect((await own(home, new FakeHome())).owner).toBe(true);
  });

  test('held by something that serves nobody: home-busy, in time', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    fake.held = true;
    await expect(obtainHome(wish(home, fake, 300))).rejects.toMatchObject({ code: 'home-busy', exit: 75 });
  });

  test('held by something that takes calls and does not answer: home-busy, in time', async () => {
    const home = freshFolder();
    const silent = createServer(() => undefined).listen(socketPath(home));
    onTestFinished(() => void silent.close());
    const started = performance.now();
    await expect(obtainHome(wish(home, new FakeHome(), 300))).rejects.toMatchObject({ code: 'home-busy' });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('held by another version: home-busy, and it says so', async () => {
    const home = freshFolder();
    const other = createServer((socket) => {
      socket.on('data', () => socket.write('{"jsonrpc":"2.0","id":1,"result":{"kith":"socket","version":99}}\n'));
      socket.on('error', () => undefined);
    }).listen(socketPath(home));
    onTestFinished(() => void other.close());
    await expect(obtainHome(wish(home, new FakeHome()))).rejects.toMatchObject({
      code: 'home-busy',
      message: 'Another version of Kith uses this home.',
    });
  });

  test('a home that cannot be made says why', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(obtainHome(wish(join(folder, 'file', 'home'), new FakeHome()))).rejects.toMatchObject({
      code: 'disk-failed',
    });
  });

  test.runIf(process.geteuid?.() === 0)('nothing is said to what another user has put there', async () => {
    const anybody = 1000;
    const shared = freshFolder();
    const heard: string[] = [];
    const listening = async (home: string): Promise<void> => {
      mkdirSync(home);
      const server = createServer((socket) => socket.on('data', (chunk) => heard.push(chunk.toString())));
      onTestFinished(() => void server.close());
      await new Promise<void>((done) => server.listen(socketPath(home), done));
    };
    const refused = (home: string): Promise<void> =>
      expect(obtainHome(wish(home, new FakeHome()))).rejects.toMatchObject({
        message: expect.stringContaining('belongs to another user') as unknown,
      });
    const [theirs, ours] = [join(shared, 'theirs'), join(shared, 'ours')];
    await listening(theirs);
    chownSync(socketPath(theirs), anybody, anybody);
    await refused(theirs);
    // As somebody who is not root, in a folder of root's that everybody may write to.
    await listening(ours);
    chmodSync(shared, 0o777);
    chmodSync(ours, 0o777);
    process.seteuid?.(anybody);
    try {
      await refused(ours);
    } finally {
      process.seteuid?.(0);
    }
    expect(heard).toEqual([]);
    // One's own folder is closed before anybody is talked to.
    const open = join(shared, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    await own(open, new FakeHome());
    expect(statSync(open).mode & 0o777).toBe(0o700);
  });

  test('an owner that cannot serve lets the home go', async () => {
    const home = freshFolder();
    mkdirSync(socketPath(home));
    const fake = new FakeHome();
    await expect(obtainHome(wish(home, fake))).rejects.toThrow();
    expect(fake.held).toBe(false);
  });
});

describe('when the owner ends', () => {
  test('what it was asked for is answered first', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const owner = await obtainHome(wish(home, fake));
    const guest = await Steady.open(wish(home, fake));
    onTestFinished(() => guest.close());
    const answered = guest.call('send', { conversation: 'kT3x9aBlair0000000000A', text: 'last' });
    await vi.waitFor(() => expect(fake.kith.asked.some(({ method }) => method === 'send')).toBe(true));
    await owner.close();
    expect(await answered).toMatchObject({ state: 'waiting' });
    expect(fake.kith.asked.filter(({ method }) => method === 'send')).toHaveLength(1);
  });

  test('a guest takes the home over and goes on: its calls, its listeners', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const owner = await obtainHome(wish(home, fake));
    const roles: boolean[] = [];
    const guest = await Steady.open(wish(home, fake), (owns) => roles.push(owns));
    onTestFinished(() => guest.close());
    let changes = 0;
    guest.onChange(() => changes++);
    await owner.close();
    expect(await guest.call('status', {})).toMatchObject({ device: 'device-1' });
    expect(roles).toEqual([false, true]);
    // It looks again at what it may have missed.
    expect(changes).toBe(1);
    fake.kith.tell({ type: 'contacts' });
    expect(changes).toBe(2);
    expect(fake.owners).toBe(2);
  });

  test('a long sync is not waited for: the guest does it itself', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const quick = fake.kith.call.bind(fake.kith);
    let syncs = 0;
    fake.kith.call = (method, params) =>
      method === 'sync' && ++syncs === 1 ? new Promise(() => undefined) : quick(method, params);
    const owner = await obtainHome(wish(home, fake));
    const guest = await Steady.open(wish(home, fake));
    onTestFinished(() => guest.close());
    const synced = guest.call('sync', { forMs: 60_000 });
    await vi.waitFor(() => expect(syncs).toBe(1));
    await owner.close();
    expect(await synced).toEqual({ sent: 1, received: 2, pending: 3 });
  });

  test('killed before it answered: repeated when that does no harm, else told', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    // An owner that takes calls, answers hello, and then dies without a word, as kill -9 has it.
    const dying = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        if (bytes.includes('hello')) socket.write('{"jsonrpc":"2.0","id":1,"result":{"kith":"socket","version":1}}\n');
        else {
          dying.close();
          socket.destroy();
        }
      });
    }).listen(socketPath(home));
    const reader = await Steady.open(wish(home, fake));
    const sender = await Steady.open(wish(home, fake));
    onTestFinished(() => reader.close());
    onTestFinished(() => sender.close());
    const sent = sender.call('send', { conversation: 'kT3x9aBlair0000000000A', text: 'once' });
    await expect(sent).rejects.toBeInstanceOf(KithError);
    await expect(sent).rejects.toMatchObject({
      code: 'home-busy',
      message: expect.stringContaining('not known whether'),
    });
    expect(await reader.call('status', {})).toMatchObject({ device: 'device-1' });
    expect(fake.kith.asked.some(({ method }) => method === 'send')).toBe(false);
  });
});

describe('commands that stay', () => {
  const untilPrinted = () => {
    let end: (why: 'asked') => void = () => undefined;
    let seen = '';
    let check: () => void = () => undefined;
    return {
      ended: new Promise<'asked'>((resolve) => (end = resolve)),
      end: () => end('asked'),
      onOut: (text: string) => {
        seen += text;
        check();
      },
      sees: (text: string) =>
        new Promise<void>((resolve) => {
          check = () => void (seen.includes(text) && resolve());
          check();
        }),
    };
  };

  test('daemon: one ready line, serves, ends when asked', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const screen = untilPrinted();
    const daemon = runHere(['daemon', '--home', home, '--json'], { openEngine: fake.openEngine, ...screen });
    await screen.sees('"ready":true');
    expect((await runHere(['init', '--home', home, '--json'], { openEngine: fake.openEngine })).lines).toEqual([
      { device: 'device-1', created: false },
    ]);
    expect(fake.owners).toBe(1);
    screen.end();
    const { status, lines } = await daemon;
    expect(status).toBe(0);
    expect(lines).toEqual([
      { ready: true, home, socket: socketPath(home), device: 'device-1', standby: false, locked: false },
    ]);
    expect(fake.held).toBe(false);
  });

  test('follow: ready first, then what arrives, own and through another owner, each at least once', async () => {
    const home = freshFolder();
    const fake = new FakeHome();
    const owner = await obtainHome(wish(home, fake));
    const screen = untilPrinted();
    const follow = runHere(['follow', '--home', home, '--json'], { openEngine: fake.openEngine, ...screen });
    await screen.sees('"ready":true');
    await fake.kith.call('send', { conversation: 'kT3x9aBlair0000000000A', text: 'through the owner' });
    await screen.sees('through the owner');
    await owner.close();
    await vi.waitFor(() => expect(fake.owners).toBe(2));
    await fake.kith.call('send', { conversation: 'kT3x9aBlair0000000000A', text: 'after it' });
    await screen.sees('after it');
    screen.end();
    const { status, lines } = await follow;
    expect(status).toBe(0);
    expect(lines[0]).toEqual({ ready: true, conversation: null });
    expect(lines.slice(1).map(({ text, conversation }) => ({ text, conversation }))).toEqual([
      { text: 'through the owner', conversation: 'kT3x9aBlair0000000000A' },
      { text: 'after it', conversation: 'kT3x9aBlair0000000000A' },
    ]);
  });

  test('follow --from begins after that event; an unknown one is exit 5', async () => {
    const fake = new FakeHome();
    const screen = untilPrinted();
    const follow = runHere(['follow', '--from', 'dq0Zk3first0000000000A', '--json'], {
      openEngine: fake.openEngine,
      ...screen,
    });
    await screen.sees('two');
    screen.end();
    expect((await follow).lines.slice(1).map(({ event }) => event)).toEqual(['dq0Zk3second000000000A']);
    expect(await runHere(['follow', '--from', 'nowhere', '--json'])).toMatchObject({
      status: 5,
      lines: [{ error: { code: 'unknown-event' } }],
    });
  });
});
