import { expect, test } from 'vitest';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { DAY, everything, give, pair, say, START, texts } from './people.ts';

const crypto = await createLibsodium();

test('two people write to each other and hold the same', () => {
  const [alice, bob] = pair(crypto);
  say(alice, 'hello');
  say(alice, 'are you there');
  const got = give(alice, bob);
  expect([...got.refused]).toEqual([]);
  expect(got.shown.length).toBe(2);
  say(bob, 'yes', START + 60_000);
  give(bob, alice);
  expect(texts(alice)).toEqual(['hello', 'are you there', 'yes']);
  expect(texts(bob)).toEqual(texts(alice));
  const [a, b] = [alice, bob].map((who) => who.store.transaction(() => who.log.frontier()));
  expect(a).toEqual(b);
  say(alice, 'next day', START + DAY);
  say(bob, 'also', START + DAY);
  give(alice, bob);
  give(bob, alice);
  expect(texts(bob)).toEqual(texts(alice));
  expect(everything(alice).length).toBe(everything(bob).length);
});
