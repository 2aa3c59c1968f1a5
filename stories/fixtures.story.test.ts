// Databases of released versions: today's code opens each of them, and everything is there.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '@kith/core/client';
import { cipherOf, openNodeKith } from '@kith/platform-node';
import { expect, test } from 'vitest';
import { freshFolder } from './support/engines.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const versions = existsSync(fixtures) ? readdirSync(fixtures).filter((name) => name.startsWith('home-')) : [];

test("there is a fixture of every version of the database, and of today's under each cipher", () => {
  expect(versions).toEqual(['home-1', 'home-2', 'home-3', 'home-4', 'home-5', 'home-5-aegis']);
  const ciphers = versions.map((version) => cipherOf(join(fixtures, version, 'home', 'kith.db')));
  expect(ciphers).toEqual(['chacha20', 'chacha20', 'chacha20', 'chacha20', 'chacha20', 'aegis-256']);
});

test.each(versions)('%s opens, with its lines, contacts, settings, drafts and invitations', async (version) => {
  const home = join(freshFolder(), 'home');
  cpSync(join(fixtures, version, 'home'), home, { recursive: true });
  const expected = JSON.parse(readFileSync(join(fixtures, version, 'expected.json'), 'utf8')) as {
    conversation: string;
    lines: LogLine[];
  };
  const kith = await openNodeKith({ home, relays: [], online: false });
  const { conversation } = expected;
  // A line may say more today than it did then.
  expect(JSON.parse(JSON.stringify(await kith.call('log', { conversation })))).toMatchObject(expected.lines);
  expect(await kith.call('contact.list', {})).toMatchObject([
    { conversation, name: 'Bobby', validity: 'validated', state: 'active', draft: 'half a thought', wordsReady: true },
  ]);
  expect(await kith.call('set', { key: 'theme' })).toMatchObject([{ value: 'dark' }]);
  expect((await kith.call('invite.list', {})).map(({ label, state }) => [label, state])).toEqual([
    ['from the gym', 'used'],
    ['club', 'open'],
  ]);
  expect((await kith.call('contact.words', { conversation })).words).toHaveLength(6);
  expect(await kith.call('search', { query: 'here' })).toHaveLength(1);
  expect((await kith.call('send', { conversation, text: 'Still going.' })).state).toBe('waiting');
  await kith.close();
});
