import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  freshFolder,
  freshPerson,
  freshRelay,
  introduce,
  pendingOf,
  textsOf,
  until,
  wholeLog,
  type Person,
} from './support/engines.ts';
import { manyTexts, MAX_TEXT_BYTES } from './support/texts.ts';

const EACH = 5000;
const LARGE_EACH = 50;
const WHILE_OFF = 1000;
/** As many calls at a time as a bot would make. */
const AT_ONCE = 50;

const sendAll = async ({ kith }: Person, conversation: string, texts: readonly string[]): Promise<void> => {
  for (let at = 0; at < texts.length; at += AT_ONCE) {
    await Promise.all(texts.slice(at, at + AT_ONCE).map((text) => kith.call('send', { conversation, text })));
  }
};

test('S0.3 10,000 texts of all kinds, both ways, 1,000 of them to somebody who is off: byte-equal, once each, in order', async () => {
  const relay = await freshRelay();
  const alice = await freshPerson(relay.url);
  const bobHome = join(freshFolder(), 'home');
  let bob = await freshPerson(relay.url, bobHome);
  const conversation = await introduce(alice, bob);
  const fromAlice = manyTexts(EACH, LARGE_EACH, 'alice');
  const fromBob = manyTexts(EACH, LARGE_EACH, 'bob');
  expect([...fromAlice, ...fromBob].filter((text) => Buffer.byteLength(text) === MAX_TEXT_BYTES)).toHaveLength(
    2 * LARGE_EACH,
  );

  await Promise.all([
    sendAll(alice, conversation, fromAlice.slice(0, EACH - WHILE_OFF)),
    sendAll(bob, conversation, fromBob),
  ]);
  await bob.stop();
  await sendAll(alice, conversation, fromAlice.slice(EACH - WHILE_OFF));
  bob = await freshPerson(relay.url, bobHome);
  await until(
    'all is here',
    [alice, bob],
    async () => (await unreadOf(alice)) === EACH && (await unreadOf(bob)) === EACH,
    90_000,
  );
  // Left alone they would tell each other within half a minute.
  for (const { kith } of [alice, bob]) await kith.call('sync', {});
  await until(
    'all is delivered',
    [alice, bob],
    async () => (await pendingOf(alice)) + (await pendingOf(bob)) === 0,
    90_000,
  );

  for (const { kith } of [alice, bob]) {
    const lines = await wholeLog(kith, conversation);
    const isAlice = kith === alice.kith;
    expect(lines.filter(({ mine, state }) => mine && state !== 'delivered')).toEqual([]);
    expect(new Set(lines.map(({ event }) => event)).size).toBe(lines.length);
    // Not with toEqual: a difference among ten thousand texts would be printed for minutes.
    expect(firstDifference(textsOf(lines, isAlice), fromAlice)).toBe(-1);
    expect(firstDifference(textsOf(lines, !isAlice), fromBob)).toBe(-1);
  }
});

const unreadOf = async ({ kith }: Person): Promise<number | undefined> =>
  (await kith.call('contact.list', {}))[0]?.unread;
/** The number of the first text that is another one, or -1. */
const firstDifference = (got: readonly (string | null)[], wanted: readonly string[]): number => {
  for (let i = 0; i < Math.max(got.length, wanted.length); i++) if (got[i] !== wanted[i]) return i;
  return -1;
};
