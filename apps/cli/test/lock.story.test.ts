import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reachOwner } from '../src/home/socket.ts';
import { build, pair, Stage, type Home } from './support/processes.ts';

// A passphrase on real homes, at its real cost.

const stage = new Stage();
const file = (name: string, text: string): string => {
  const path = join(stage.folder, name);
  writeFileSync(path, text);
  return path;
};
let alice: Home;
let bob: Home;
let right: string;
let wrong: string;
let duress: string;
beforeAll(async () => {
  build();
  const { url } = await stage.relay();
  ({ alice, bob } = await pair(stage, url));
  right = file('right', 'four random words here\n');
  wrong = file('wrong', 'four other words here\n');
  duress = file('duress', 'another four random words\n');
  const set = await alice.do(['lock', '--set', '--passphrase-file', right]);
  expect(set.one).toEqual({ passphrase: true, locked: true, waitUntil: null });
}, 120_000);
afterAll(() => stage.close());
const isReady = (line: Readonly<Record<string, unknown>>): boolean => line['ready'] === true;

describe('a home with a passphrase', () => {
  test('S4.12 answers every command with `locked`, and to who gives the passphrase as ever', async () => {
    for (const argv of [
      ['contact', 'list'],
      ['send', 'Bob', 'x'],
      ['log', 'Bob'],
      ['sync'],
      ['set'],
      ['init'],
      ['follow'],
    ]) {
      const { status, lines } = await alice.try([...argv]);
      expect([argv, status, lines.at(-1)]).toEqual([
        argv,
        4,
        { error: { code: 'locked', message: 'This home is locked.', hint: expect.stringContaining('unlock') } },
      ]);
    }
    expect((await alice.do(['send', 'Bob', 'from behind the lock', '--passphrase-file', right])).status).toBe(0);
    expect((await alice.try(['log', 'Bob', '--passphrase-file', wrong])).lines.at(-1)).toMatchObject({
      error: { code: 'wrong-passphrase' },
    });
    const { lines } = await alice.do(['log', 'Bob', '--passphrase-file', right]);
    expect(lines.map(({ text }) => text)).toContain('from behind the lock');
  }, 120_000);

  test('S4.12 a daemon that is locked fetches nothing; `unlock` and `lock` reach it', async () => {
    await bob.do(['send', 'Alice', 'while you are locked']);
    await bob.do(['sync']);
    const daemon = alice.start(['daemon']);
    expect(await daemon.line(isReady)).toMatchObject({ locked: true, device: null });
    expect((await alice.try(['log', 'Bob'])).lines.at(-1)).toMatchObject({ error: { code: 'locked' } });
    expect((await alice.try(['unlock'], { stdin: 'not this one\n' })).status).toBe(4);
    const unlocked = await alice.do(['unlock'], { stdin: 'four random words here\n' });
    expect(unlocked.one).toEqual({ passphrase: true, locked: false, waitUntil: null });
    await expect
      .poll(async () => (await alice.do(['log', 'Bob'])).lines.map(({ text }) => text), { timeout: 20_000 })
      .toContain('while you are locked');
    expect((await alice.do(['lock'])).one).toMatchObject({ locked: true });
    await bob.do(['send', 'Alice', 'and again']);
    await bob.do(['sync']);
    expect((await alice.try(['log', 'Bob'])).status).toBe(4);
    // Nothing of it came: the next start, without a relay that answers, does not have it.
    await daemon.end();
    const { lines } = await alice.do(['log', 'Bob', '--passphrase-file', right, '--relay', 'http://127.0.0.1:9']);
    expect(lines.map(({ text }) => text)).not.toContain('and again');
  }, 120_000);

  test('S4.12 a daemon locks itself when no command came for the time of lock-after', async () => {
    const daemon = alice.start(['daemon', '--passphrase-file', right]);
    expect(await daemon.line(isReady)).toMatchObject({ locked: false });
    expect((await alice.do(['set', 'lock-after', '2s'])).one).toMatchObject({ key: 'lock-after', value: '2s' });
    const remote = await reachOwner(alice.folder);
    if (remote === undefined) throw new Error('no daemon');
    // Asking how it is does not count as somebody there.
    await expect
      .poll(async () => (await remote.call('lock.state', {})).locked, { timeout: 20_000, interval: 100 })
      .toBe(true);
    await remote.close();
    expect((await alice.try(['contact', 'list'])).status).toBe(4);
    await alice.do(['set', 'lock-after', 'off', '--passphrase-file', right]);
    await daemon.end();
  }, 120_000);

  test('S4.12 after some wrong passphrases it says how long to wait, also to the next process', async () => {
    for (let i = 0; i < 4; i++)
      expect(await alice.code(['unlock'], { stdin: `guess number ${i}` })).toMatchObject({ code: 'wrong-passphrase' });
    const refused = await alice.try(['unlock', '--passphrase-file', right]);
    expect([refused.status, refused.lines.at(-1)]).toEqual([
      75,
      {
        error: {
          code: 'too-many-tries',
          message: expect.any(String),
          hint: expect.stringMatching(/^Wait \d+ seconds/),
        },
      },
    ]);
    await expect
      .poll(async () => (await alice.try(['unlock', '--passphrase-file', right])).status, {
        timeout: 60_000,
        interval: 500,
      })
      .toBe(0);
  }, 120_000);

  test('U22 its duress passphrase opens an empty home; a changed and a removed one do as they say', async () => {
    const copy = stage.home('copy');
    cpSync(alice.folder, copy.folder, { recursive: true });
    await copy.do(['lock', '--duress', '--passphrase-file', right, '--new-passphrase-file', duress]);
    expect((await copy.do(['contact', 'list', '--passphrase-file', duress])).lines).toEqual([]);
    expect((await copy.try(['contact', 'list', '--passphrase-file', right])).lines.at(-1)).toMatchObject({
      error: { code: 'wrong-passphrase' },
    });
    const changed = await alice.do(['lock', '--set'], { stdin: 'four random words here\nthe newer passphrase\n' });
    expect(changed.one).toMatchObject({ passphrase: true, locked: true });
    expect((await alice.try(['log', 'Bob', '--passphrase-file', right])).status).toBe(4);
    expect((await alice.do(['lock', '--remove'], { stdin: 'the newer passphrase' })).one).toEqual({
      passphrase: false,
      locked: false,
      waitUntil: null,
    });
    expect((await alice.do(['log', 'Bob'])).lines.length).toBeGreaterThan(0);
    expect((await alice.try(['lock'])).lines.at(-1)).toMatchObject({ error: { code: 'no-passphrase' } });
    expect((await alice.try(['lock', '--set'], { stdin: 'short\n' })).lines.at(-1)).toMatchObject({
      error: { code: 'bad-passphrase' },
    });
  }, 120_000);
});
