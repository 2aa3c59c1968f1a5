// A home with a passphrase in a folder: what lies on the disk, and the engine behind the door.
import type { Kith } from '@kith/core/client';
import { toHex } from '@kith/core/bytes';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readKey } from '../src/home-key.ts';
import { openHome, openNodeKith, type NodeKithParts } from '../src/index.ts';
import { filesWith, freshFolder } from './folder.ts';

const RIGHT = 'four random words here';
const cheap: NodeKithParts = { passphraseCost: { operations: 1, memory: 8192 } };
const open = (home: string, parts: NodeKithParts = cheap): Promise<Kith> =>
  openNodeKith({ home, relays: [], online: false }, parts);
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? error,
  );
const named = async (dir: string, name: string, parts?: NodeKithParts): Promise<Kith> => {
  const kith = await open(dir, parts);
  await kith.call('profile.set', { name });
  return kith;
};
const nameIn = async (kith: Kith): Promise<string> => (await kith.call('profile.get', {})).name;

/** What this process has open. */
const openFiles = (): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    const path = join('/proc/self/fd', fd);
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? [readlinkSync(path)] : [];
  });

describe('a home with a passphrase', () => {
  test('S4.12 a copy of its folder gives no text and no key; with the passphrase it opens', async () => {
    const dir = join(freshFolder(), 'home');
    const kith = await named(dir, 'Canary Whitfield');
    const plain = readKey(join(dir, 'key'));
    if (plain?.wrap !== 'none') throw new Error('no plain key');
    const key = Buffer.from(plain.key.expose());
    // The old file under another name: what a disk still holds of it.
    linkSync(join(dir, 'key'), join(dir, 'old-key'));
    await kith.call('lock.set', { next: RIGHT });
    const file = JSON.parse(readFileSync(join(dir, 'key'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(file)).toEqual(['version', 'wrap', 'record']);
    expect(readFileSync(join(dir, 'old-key')).every((byte) => byte === 0)).toBe(true);
    await kith.call('lock.now', {});
    for (const needle of ['Canary Whitfield', 'Whitfield', RIGHT]) expect(filesWith(dir, needle)).toEqual([]);
    for (const form of [key, Buffer.from(key.toString('base64url')), Buffer.from(toHex(key))]) {
      for (const name of ['key', 'kith.db', 'kith.db-wal', 'guard', 'generation'].filter((one) =>
        existsSync(join(dir, one)),
      ))
        expect(readFileSync(join(dir, name)).includes(form), name).toBe(false);
    }
    expect(statSync(join(dir, 'guard')).mode & 0o777).toBe(0o600);
    const copy = join(freshFolder(), 'copy');
    await kith.close();
    cpSync(dir, copy, { recursive: true });
    const thief = await open(copy);
    expect(await codeOf(nameIn(thief))).toBe('locked');
    expect(() => openHome(join(copy))).toThrow();
    expect(await codeOf(thief.call('lock.unlock', { passphrase: 'a guess of mine' }))).toBe('wrong-passphrase');
    await thief.call('lock.unlock', { passphrase: RIGHT });
    expect(await nameIn(thief)).toBe('Canary Whitfield');
    await thief.close();
  });

  test('S4.12 while it is locked the database is closed and nothing is asked of a relay', async () => {
    const dir = join(freshFolder(), 'home');
    let asked = 0;
    let transports = 0;
    const transport = (): NonNullable<NodeKithParts['transport']> => ({
      allow: () => void asked++,
      request: () => Promise.reject(new Error('none')),
      listen: () => void asked++,
      onEvent: () => void transports++,
      close: () => undefined,
    });
    const kith = await openNodeKith(
      { home: dir, relays: ['http://127.0.0.1:9'] },
      { ...cheap, transport: transport() },
    );
    await kith.call('lock.set', { next: RIGHT });
    await expect.poll(() => asked).toBeGreaterThan(0);
    expect(openFiles()).toContain(join(dir, 'kith.db'));
    await kith.call('lock.now', {});
    expect(openFiles()).not.toContain(join(dir, 'kith.db'));
    const before = asked;
    expect(await codeOf(kith.call('sync', { forMs: 100 }))).toBe('locked');
    await kith.close();
    const again = await openNodeKith(
      { home: dir, relays: ['http://127.0.0.1:9'] },
      { ...cheap, transport: transport() },
    );
    expect(await codeOf(again.call('sync', { forMs: 100 }))).toBe('locked');
    expect([asked, transports]).toEqual([before, 1]);
    await again.call('lock.unlock', { passphrase: RIGHT });
    await expect.poll(() => asked).toBeGreaterThan(before);
    await again.close();
  });

  test('U22 the duress passphrase leaves an empty home, and of the other one not even the ciphertext', async () => {
    const dir = join(freshFolder(), 'home');
    const kith = await named(dir, 'Canary Whitfield');
    const { device } = await kith.call('status', {});
    await kith.call('lock.set', { next: RIGHT });
    await kith.call('lock.duress', { passphrase: RIGHT, next: 'another four words' });
    await kith.call('lock.now', {});
    const before = readFileSync(join(dir, 'kith.db')).subarray(0, 4096);
    await kith.call('lock.unlock', { passphrase: 'another four words' });
    expect(await nameIn(kith)).toBe('');
    expect((await kith.call('status', {})).device).not.toBe(device);
    await kith.close();
    expect(readFileSync(join(dir, 'kith.db')).subarray(0, 4096).equals(before)).toBe(false);
    const again = await open(dir);
    expect(await codeOf(again.call('lock.unlock', { passphrase: RIGHT }))).toBe('wrong-passphrase');
    await again.call('lock.unlock', { passphrase: 'another four words' });
    expect(await nameIn(again)).toBe('');
    await again.close();
  });

  test('at its real cost opens in a thread, while this one goes on', async () => {
    const dir = join(freshFolder(), 'home');
    const kith = await named(dir, 'Alice', {});
    await kith.call('lock.set', { next: RIGHT });
    await kith.call('lock.now', {});
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await kith.call('lock.unlock', { passphrase: RIGHT });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    expect(await nameIn(kith)).toBe('Alice');
    await kith.close();
  }, 30_000);

  test('key files of every form that was written give their key, and others are damaged', () => {
    const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../../../spec/vectors/home.json'), 'utf8')) as {
      readonly keyFiles: readonly { readonly text: string; readonly wrap: string; readonly holds: string }[];
      readonly invalidKeyFiles: readonly string[];
    };
    const file = join(freshFolder(), 'key');
    expect(vectors.keyFiles).toHaveLength(2);
    for (const { text, wrap, holds } of vectors.keyFiles) {
      writeFileSync(file, text);
      const kept = readKey(file);
      expect([
        kept?.wrap,
        toHex(kept?.wrap === 'none' ? kept.key.expose() : (kept?.record ?? new Uint8Array(0))),
      ]).toEqual([wrap, holds]);
    }
    for (const text of vectors.invalidKeyFiles) {
      writeFileSync(file, text);
      expect(() => readKey(file), text).toThrow(expect.objectContaining({ kind: 'key' }));
    }
  });
});
