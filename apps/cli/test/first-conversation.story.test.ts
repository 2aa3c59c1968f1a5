import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../src/table/index.ts';
import { alternate, build, DEAD_RELAY, pair, Stage, type Fields, type Home } from './support/processes.ts';

// Two homes and a relay as real processes. The tests of one `describe` are chapters: each starts where the last one ended.

const stage = new Stage();
/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
beforeAll(build);
afterAll(() => stage.close());

const fieldsOf = (path: string): readonly string[] =>
  COMMANDS.find((command) => command.path.join(' ') === path)?.fields ?? [];
const expectFields = (path: string, lines: readonly Fields[]): void => {
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(Object.keys(line)).toEqual(expect.arrayContaining([...fieldsOf(path)]));
};

describe('Alice and Bob', () => {
  let alice: Home;
  let bob: Home;
  let conversation: string;
  let relay: string;
  const log = async (home: Home): Promise<readonly Fields[]> => (await home.do(['log', conversation])).lines;

  test('S1.6 S0.11 S0.18 meet by a link, with nothing registered, never online together', async () => {
    relay = (await stage.relay()).url;
    ({ alice, bob, conversation } = await pair(stage, relay));
    for (const [home, name] of [
      [alice, 'Bob'],
      [bob, 'Alice'],
    ] as const) {
      const { lines } = await home.do(['contact', 'list']);
      expectFields('contact list', lines);
      expect(lines).toMatchObject([{ conversation, name, validity: 'unvalidated', state: 'active', unread: 0 }]);
    }
    const devices = await Promise.all([alice, bob].map((home) => home.do(['device', 'list'])));
    for (const { lines } of devices) expectFields('device list', lines);
    expect(devices[0]?.one['device']).not.toBe(devices[1]?.one['device']);
  }, 60_000);

  test('S1.6 S0.3 texts arrive byte for byte, each within one sync', async () => {
    const texts = [
      '',
      'Here I am',
      '  \t\n',
      '\u0000\u001b[31m',
      'שלום \u202e עולם',
      '😀👨‍👩‍👧‍👦',
      '\ufeffmark',
      '--json',
      '-',
      '{"error":1}',
      'x'.repeat(65_536),
    ];
    for (const text of texts) await alice.do(['send', 'Bob', '-'], { stdin: text });
    await bob.do(['sync']);
    expect(await bob.texts('Alice')).toEqual(texts);
    const { lines } = await bob.do(['contact', 'list']);
    expect(lines).toMatchObject([{ unread: texts.length }]);
    await alice.do(['sync']);
    const shown = await log(alice);
    expectFields('log', shown);
    expect(shown.filter(({ kind }) => kind === 'text').map(({ state }) => state)).toEqual(texts.map(() => 'delivered'));
  }, 60_000);

  test('a reply, a reaction, an edit, a delete and a read mark', async () => {
    const { one: sent } = await bob.do(['send', 'Alice', 'first version']);
    expectFields('send', [sent]);
    const event = String(sent['event']);
    await alice.do(['sync']);
    expect((await alice.do(['read', 'Bob', event.slice(0, 12)])).one).toEqual({ conversation, unread: 0 });
    expectFields('send', (await alice.do(['send', 'Bob', 'an answer', '--reply', event.slice(0, 12)])).lines);
    expectFields('react', (await alice.do(['react', 'Bob', event, '👍'])).lines);
    expectFields('edit', (await bob.do(['edit', 'Alice', event, 'second version'])).lines);
    await alternate(alice, bob, 2, async () =>
      (await log(alice)).some((line) => line['event'] === event && line['text'] === 'second version'),
    );
    const seen = (await log(bob)).find((line) => line['event'] === event);
    expect(seen).toMatchObject({
      text: 'second version',
      edited: true,
      reactions: [{ emoji: '👍', count: 1, mine: false }],
    });
    expect((await log(bob)).find(({ text }) => text === 'an answer')).toMatchObject({
      reply: { event, text: 'second version' },
    });
    expect((await bob.do(['delete', 'Alice', event, '--for-all'])).one).toEqual({ event, deleted: true });
    await alternate(bob, alice, 2, async () => !(await alice.texts('Bob')).includes('second version'));
    expect(JSON.stringify(await log(alice))).not.toContain('second version');
  }, 60_000);

  test('S1.6 the safety words are the same on both sides; a mark stops sending', async () => {
    const [ours, theirs] = await Promise.all([
      alice.do(['contact', 'words', 'Bob']),
      bob.do(['contact', 'words', 'Alice']),
    ]);
    expect(ours.one).toEqual(theirs.one);
    expect(ours.one['words']).toHaveLength(6);
    for (const word of ours.one['words'] as string[]) expect(word).toMatch(/^[a-z]+$/);
    expect((await alice.do(['contact', 'mark', 'Bob', 'compromised'])).one).toEqual({
      conversation,
      validity: 'compromised',
    });
    expect(await alice.code(['send', 'Bob', 'x'])).toMatchObject({ status: 6, code: 'compromised' });
    await alice.do(['contact', 'mark', 'Bob', 'validated']);
    await alice.do(['send', 'Bob', 'checked']);
  }, 30_000);

  test('search, settings, relays, doctor and a name of my own', async () => {
    await bob.do(['sync']);
    const found = await bob.do(['search', 'checked', '--in', 'Alice']);
    expectFields('search', found.lines);
    expect(found.lines).toMatchObject([{ text: 'checked', conversation }]);
    expectFields('set', (await bob.do(['set'])).lines);
    for (const path of ['relay list', 'relay status']) {
      const { lines } = await bob.do(path.split(' '));
      expectFields(path, lines);
      expect(lines).toMatchObject([{ url: relay, reachable: true }]);
    }
    expectFields('doctor', (await bob.do(['doctor'])).lines);
    expect((await bob.do(['contact', 'rename', 'Alice', 'A. from the lake'])).one).toMatchObject({
      name: 'A. from the lake',
    });
    expect((await bob.do(['profile', '--name', 'Robert'])).one).toEqual({ name: 'Robert', picture: null });
    writeFileSync(join(stage.folder, 'face.png'), Buffer.from(PNG, 'base64'));
    expect((await bob.do(['profile', '--picture', 'face.png'])).one).toEqual({
      name: 'Robert',
      picture: { type: 'image/png', bytes: 67 },
    });
    writeFileSync(join(stage.folder, 'large.png'), Buffer.alloc(48 * 1024 + 1));
    expect(await bob.code(['profile', '--picture', 'large.png'])).toMatchObject({ status: 2, code: 'bad-picture' });
    expect(await bob.code(['profile', '--picture', 'nowhere.png'])).toMatchObject({ status: 5, code: 'unknown-file' });
    await alternate(bob, alice, 2, async () => (await alice.do(['contact', 'list'])).one['name'] === 'Robert');
  }, 30_000);

  test('blocked, unblocked, ended', async () => {
    expect((await alice.do(['contact', 'block', 'Robert'])).one).toMatchObject({ state: 'blocked' });
    expect(await alice.code(['send', 'Robert', 'x'])).toMatchObject({ status: 4, code: 'blocked' });
    expect((await alice.do(['contact', 'unblock', 'Robert'])).one).toMatchObject({ state: 'active' });
    await alice.do(['send', 'Robert', 'again']);
    expect((await alice.do(['contact', 'end', 'Robert'])).one).toMatchObject({ state: 'ended' });
    expect(await alice.code(['send', 'Robert', 'x'])).toMatchObject({ status: 4, code: 'ended' });
    await alternate(alice, bob, 2, async () => (await bob.do(['contact', 'list'])).one['state'] === 'ended');
  }, 30_000);

  test('S3.24 S4.41 nothing in homes or relay but the folders is readable by others, and no text lies there', async () => {
    const files = (folder: string): string[] =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      );
    for (const home of [alice, bob]) expect(statSync(home.folder).mode & 0o077).toBe(0);
    const all = files(stage.folder);
    expect(all.length).toBeGreaterThan(5);
    for (const file of all)
      for (const text of ['Here I am', 'A. from the lake', 'second version'])
        expect(readFileSync(file).includes(text), file).toBe(false);
  });

  test('no command has left a process behind', () => {
    const mine = readdirSync('/proc').filter((pid) => {
      try {
        return (
          /^\d+$/.test(pid) &&
          readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${stage.folder}/`) &&
          !readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('serve')
        );
      } catch {
        // It ended while it was looked at.
        return false;
      }
    });
    expect(mine).toEqual([]);
  });
});

describe('links', () => {
  let relay: string;
  let alice: Home;
  let link: string;
  let invite: string;
  beforeAll(async () => {
    relay = (await stage.relay()).url;
    alice = stage.home('links-alice');
    await alice.do(['init', '--name', 'Alice', '--relay', relay]);
    const { one } = await alice.do(['invite', 'create', '--label', 'Bob', '--expires', '1h']);
    expectFields('invite create', [one]);
    expect(Date.parse(String(one['expires'])) - Date.now()).toBeLessThanOrEqual(3_600_000);
    link = String(one['link']);
    invite = String(one['invite']);
    expect(link.length).toBeLessThanOrEqual(120);
    expect(link.startsWith(`${relay}/i#`)).toBe(true);
  }, 30_000);

  test('one’s own: exit 4', async () => {
    expect(await alice.code(['invite', 'accept', link])).toMatchObject({ status: 4, code: 'own-invite' });
  });
  test.each([
    ['no link', () => 'nonsense'],
    ['a truncated one', () => link.slice(0, -8)],
    ['another page', () => link.replace('/i#', '/x#')],
    ['one with a wrong letter', () => `${link.slice(0, -1)}*`],
    ['empty', () => ''],
  ])('%s: exit 2', async (_, make) => {
    expect(await stage.home('links-carol').code(['invite', 'accept', make()])).toMatchObject({
      status: 2,
      code: 'bad-link',
    });
  });
  test('accepted: a first time, a second time with the same result, and by somebody else: exit 4', async () => {
    const bob = stage.home('links-bob');
    const { one: first } = await bob.do(['invite', 'accept', link]);
    expectFields('invite accept', [first]);
    expect((await bob.do(['invite', 'accept', link])).one['conversation']).toBe(first['conversation']);
    expect(await stage.home('links-carol').code(['invite', 'accept', link])).toMatchObject({
      status: 4,
      code: 'invite-used',
    });
    await alice.do(['sync']);
    const { lines } = await alice.do(['invite', 'list']);
    expectFields('invite list', lines);
    expect(lines).toMatchObject([{ invite, label: 'Bob', uses: 1, state: 'used' }]);
  }, 30_000);
  test('revoked: exit 4', async () => {
    const { one } = await alice.do(['invite', 'create']);
    expect((await alice.do(['invite', 'revoke', String(one['invite']).slice(0, 8)])).one).toMatchObject({
      state: 'revoked',
    });
    await alice.do(['sync']);
    expect(await stage.home('links-dan').code(['invite', 'accept', String(one['link'])])).toMatchObject({
      status: 4,
      code: 'invite-expired',
    });
    expect(await alice.code(['invite', 'revoke', 'ffffffff'])).toMatchObject({ status: 5, code: 'unknown-invite' });
  }, 30_000);
  test('expired: exit 4', async () => {
    const { one } = await alice.do(['invite', 'create', '--expires', '1s']);
    await expect.poll(() => Date.now() > Date.parse(String(one['expires'])), { timeout: 5000 }).toBe(true);
    expect(await stage.home('links-eve').code(['invite', 'accept', String(one['link'])])).toMatchObject({
      status: 4,
      code: 'invite-expired',
    });
  }, 30_000);
  test('S0.30 reusable: those who accept it ask, and are let in or not', async () => {
    const { one } = await alice.do(['invite', 'create', '--reusable', '--label', 'shop']);
    expect(one['conversation']).toBeNull();
    const asking = [stage.home('asks-1'), stage.home('asks-2'), stage.home('asks-3')] as const;
    for (const home of asking) {
      await home.do(['init', '--name', 'Mallory says hi', '--relay', relay]);
      const { one: accepted } = await home.do(['invite', 'accept', String(one['link'])]);
      expect(accepted['state']).toBe('requested');
      await home.do(['send', String(accepted['conversation']), 'unasked for']);
    }
    await alice.do(['sync']);
    const { lines: requests, out } = await alice.do(['request', 'list']);
    expectFields('request list', requests);
    expect(requests).toHaveLength(3);
    expect(out).not.toMatch(/Mallory|unasked/);
    const [first, second, third] = requests.map(({ request }) => String(request));
    const accepted = (await alice.do(['request', 'accept', String(first)])).one;
    expect(accepted['state']).toBe('active');
    expectFields('request decline', (await alice.do(['request', 'decline', String(second)])).lines);
    expectFields('request block', (await alice.do(['request', 'block', String(third)])).lines);
    expect((await alice.do(['request', 'list'])).lines).toEqual([]);
    let shown = 0;
    for (let round = 0; round < 4 && shown === 0; round++) {
      for (const home of asking) await home.do(['sync']);
      await alice.do(['sync']);
      shown = (await alice.texts(String(accepted['conversation']))).length;
    }
    expect(await alice.texts(String(accepted['conversation']))).toEqual(['unasked for']);
  }, 60_000);
});

describe('without a relay', () => {
  test('none known: exit 3 at once; none reachable: exit 3 within 15 s, and nothing made', async () => {
    const home = stage.home('alone');
    expect(await home.code(['invite', 'create'])).toMatchObject({ status: 3, code: 'no-relay' });
    const dead = await home.code(['--relay', DEAD_RELAY, 'invite', 'create']);
    expect(dead).toMatchObject({ status: 3, code: 'no-relay' });
    expect(dead.ms).toBeLessThan(15_000);
    expect((await home.do(['invite', 'list'])).lines).toEqual([]);
    expect(await home.code(['sync'])).toMatchObject({ status: 3, code: 'no-relay' });
  }, 60_000);

  test('a text is safe on this disk, and is delivered when the relay is there again', async () => {
    const { url, process } = await stage.relay();
    const inner = new Stage();
    try {
      const { alice, bob, conversation } = await pair(inner, url);
      const port = new URL(url).port;
      await process.end();
      const sent = await alice.do(['send', 'Bob', 'written while offline']);
      expect(sent.one).toMatchObject({ state: 'waiting' });
      expect(sent.ms).toBeLessThan(5000);
      expect(await alice.code(['sync'])).toMatchObject({ status: 3, code: 'no-relay' });
      expect((await alice.do(['log', 'Bob'])).lines.at(-1)).toMatchObject({
        text: 'written while offline',
        state: 'waiting',
      });
      const again = inner.start(['serve', '--port', port, '--data', join(inner.folder, 'relay-again'), '--json']);
      await again.line((line) => line['ready'] === true);
      await alternate(alice, bob, 2, async () => (await bob.texts(conversation)).includes('written while offline'));
    } finally {
      await inner.close();
    }
  }, 60_000);

  test('--relay is for this run, and remembered only by a home that has none', async () => {
    const { url } = await stage.relay();
    const home = stage.home('moves');
    await home.do(['init', '--relay', DEAD_RELAY]);
    expect((await home.do(['invite', 'create', '--relay', url])).one).toMatchObject({
      link: expect.stringContaining(url),
    });
    expect((await home.do(['relay', 'list'])).lines.map((line) => line['url'])).toEqual([DEAD_RELAY]);
    const daemon = stage.home('daemon-first').start(['daemon']);
    await daemon.line((line) => line['ready'] === true);
    const { one } = await stage.home('daemon-first').do(['invite', 'create', '--relay', url]);
    expect(one).toMatchObject({ link: expect.stringContaining(url) });
    await daemon.end();
    expect((await stage.home('daemon-first').do(['relay', 'list'])).lines).toMatchObject([{ url, reachable: true }]);
  }, 60_000);

  test('a relay that takes connections and says nothing: every command ends within 15 s', async () => {
    const hole = createServer(() => undefined);
    await new Promise<void>((resolve) => void hole.listen(0, '127.0.0.1', () => resolve()));
    const address = hole.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const make = async (name: string): Promise<Home> => {
      const home = stage.home(name);
      await home.do(['init', '--relay', url]);
      return home;
    };
    const expected: readonly (readonly [string, readonly string[], number])[] = [
      ['hole-1', ['invite', 'create'], 3],
      ['hole-2', ['relay', 'list'], 0],
      ['hole-3', ['sync'], 3],
      ['hole-4', ['doctor'], 1],
      ['hole-5', ['contact', 'list'], 0],
    ];
    const ended = await Promise.all(expected.map(async ([name, argv]) => (await make(name)).code(argv)));
    hole.close();
    expect(ended.map(({ status }) => status)).toEqual(expected.map(([, , status]) => status));
    for (const { ms } of ended) expect(ms).toBeLessThan(15_000);
  }, 60_000);

  test('invalid UTF-8 on stdin, an unknown conversation, a name twice', async () => {
    const home = stage.home('alone');
    expect(await home.code(['send', 'Bob', '-'], { stdin: Uint8Array.of(0x61, 0xff) })).toMatchObject({
      status: 2,
      code: 'bad-text',
    });
    expect(await home.code(['send', 'Bob', 'x'])).toMatchObject({ status: 5, code: 'unknown-conversation' });
  });
});
