// A relay that does not take what it is given, or asks to be left alone.
import { PUT_RESULTS, type RelayRequest } from '@kith/core/ports';
import { expect, test } from 'vitest';
import { pair, texts, world } from './world.ts';

test('class 29: a relay that refuses each cell is not given the next one at once', () => {
  let lies = false;
  const here = world(7, 2, {
    answer: (relay, request, answer) =>
      lies && relay === 'https://relay1.test' && request.type === 'put' && answer.type === 'put'
        ? { ...answer, results: answer.results.map(() => PUT_RESULTS.refused) }
        : answer,
  });
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  bob.stop();
  lies = true;
  let puts = 0;
  here.network.onRequest((relay: string, request: RelayRequest) => {
    if (relay === 'https://relay1.test' && request.type === 'put') puts++;
  });
  alice.call('send', { conversation, text: 'hello' });
  here.clock.advance(60_000);
  expect(puts).toBeGreaterThan(3);
  expect(puts).toBeLessThan(20);
  bob.start();
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('hello'), 60_000)).toBe(true);
});

test('class 29: a relay that asks to be left alone for thousands of years is tried again after an hour', () => {
  let lies = false;
  const here = world(7, 1, {
    answer: (_, request, answer) =>
      lies && request.type === 'put' ? { type: 'error', code: 0, retryAfter: 2 ** 47 } : answer,
  });
  const [alice, bob] = [here.device('alice'), here.device('bob')];
  const conversation = pair(here, alice, bob);
  here.clock.advance(60_000);
  lies = true;
  alice.call('send', { conversation, text: 'one' });
  here.clock.advance(1_000);
  lies = false;
  alice.call('send', { conversation, text: 'two' });
  expect(here.clock.runUntil(() => texts(bob, conversation).includes('two'), 2 * 3_600_000)).toBe(true);
});
