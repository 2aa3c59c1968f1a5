// A person without any device or backup comes back by a contact's new invitation and recovery words.
import { expect, test, vi } from 'vitest';
import type { SimDevice } from '@kith/testkit/sim-device';
import { link } from './linked.ts';
import { codeOf, makeWords, pair, texts, world } from './world.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Alex lost the only device; Blair has two. `made`: when the words were made. */
const lost = (seed: number, made: 'before' | 'after') => {
  const here = world(seed);
  const [a, b, b2] = [here.device('a'), here.device('b'), here.device('b2')];
  a.start();
  const before = made === 'before' ? makeWords(a) : [];
  const conversation = pair(here, a, b);
  a.call('profile.set', { name: 'Alex' });
  const words = made === 'after' ? makeWords(a) : before;
  for (let i = 0; i < 5; i++) {
    a.call('send', { conversation, text: `mine ${i}` });
    b.call('send', { conversation, text: `yours ${i}` });
    here.clock.advance(60_000);
  }
  link(here, b, b2);
  here.clock.advance(made === 'after' ? 8 * DAY_MS : HOUR_MS);
  a.crash();
  const fresh = here.device('fresh');
  fresh.start();
  return { here, a, b, b2, fresh, conversation, phrase: words.join(' ') };
};
const devicesOf = (of: SimDevice, conversation: string): number =>
  of.call('contact.devices', { conversation }).filter(({ removed }) => !removed).length;

test.each([
  ['before the conversation began', 6201, 'before'],
  ['later, and seen by the contact', 6202, 'after'],
] as const)(
  'recovery words made %s bring a person back as the same member, with the history of the contact',
  (_, seed, made) => {
    const { here, a, b, b2, fresh, conversation, phrase } = lost(seed, made);
    const words = b.call('contact.words', { conversation }).words;
    b.call('contact.mark', { conversation, validity: 'validated' });
    const { link: invitation } = b.call('recovery.invite', { conversation });
    expect(codeOf(() => fresh.call('invite.accept', { link: invitation }))).toBe('words-needed');
    fresh.call('recovery.use', { link: invitation, words: phrase });
    here.clock.advance(HOUR_MS);
    expect(texts(fresh, conversation)).toEqual(texts(b, conversation));
    expect(texts(fresh, conversation)).toHaveLength(10);
    fresh.call('send', { conversation, text: 'I am back' });
    b.call('send', { conversation, text: 'it is you' });
    here.clock.advance(HOUR_MS);
    for (const one of [b, b2, fresh]) {
      expect(texts(one, conversation)).toContain('I am back');
      expect(texts(one, conversation)).toContain('it is you');
    }
    // The same member: the same name, words and mark, in the same conversation.
    expect(b.call('contact.list', {})).toHaveLength(1);
    expect(b.call('contact.list', {})[0]).toMatchObject({ name: 'Alex', validity: 'validated' });
    expect(fresh.call('contact.words', { conversation }).words).toEqual(words);
    expect(fresh.call('log', { conversation, limit: 50 }).filter(({ text }) => text === 'mine 0')[0]?.mine).toBe(true);
    // The lost device is out, and whoever found it hears and says nothing.
    expect(devicesOf(b, conversation)).toBe(1);
    a.start();
    a.call('send', { conversation, text: 'found a phone' });
    here.clock.advance(HOUR_MS);
    for (const one of [b, fresh]) expect(texts(one, conversation)).not.toContain('found a phone');
    expect(texts(a, conversation)).not.toContain('it is you');
  },
);

test('without the right words nobody comes back, and whoever tries keeps nobody out', () => {
  const { here, b, fresh, conversation, phrase } = lost(6203, 'before');
  const { link: invitation } = b.call('recovery.invite', { conversation });
  const other = here.device('other');
  other.start();
  const wrong = makeWords(other).join(' ');
  expect(codeOf(() => other.call('recovery.use', { link: invitation, words: wrong }))).toBe('wrong-words');
  expect(codeOf(() => other.call('recovery.use', { link: invitation, words: 'no words' }))).toBe('bad-words');
  expect(other.call('contact.list', {})).toEqual([]);
  fresh.call('recovery.use', { link: invitation, words: phrase });
  here.clock.advance(HOUR_MS);
  expect(texts(fresh, conversation)).toHaveLength(10);
  // It serves once.
  const late = here.device('late');
  late.start();
  expect(codeOf(() => late.call('recovery.use', { link: invitation, words: phrase }))).toBe('invite-expired');
});

test('words that were entered again six times bring a person back into what began after that', () => {
  const here = world(6209);
  const [a, b] = [here.device('a'), here.device('b')];
  a.start();
  const phrase = makeWords(a).join(' ');
  for (let i = 0; i < 6; i++) a.call('recovery.create', { words: phrase });
  const conversation = pair(here, a, b);
  here.clock.advance(HOUR_MS);
  a.crash();
  const fresh = here.device('fresh');
  fresh.start();
  const { link: invitation } = b.call('recovery.invite', { conversation });
  fresh.call('recovery.use', { link: invitation, words: phrase });
  here.clock.advance(HOUR_MS);
  b.call('send', { conversation, text: 'it is you' });
  expect(here.clock.runUntil(() => texts(fresh, conversation).includes('it is you'), HOUR_MS)).toBe(true);
});
