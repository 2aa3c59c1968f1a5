// What a charter says follows from the set of its entries: over random histories with every kind of entry.
import { expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { evaluateCharter, FINAL_AFTER_MS, type Charter, type OpenEntry } from '../../src/identity/index.ts';
import { seededRandomness, type SeededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { all, Device, ROOT } from './family.ts';

const SEEDS = 10_000;
/** So many are enough for a planted bug. */
const FIRST = 500;
/** Made once: what differs between histories is who says what. */
const KEYS = Array.from({ length: 7 }, () => new Device().key);

const history = (dice: SeededRandomness): OpenEntry[] => {
  const devices = KEYS.map((key) => new Device(key));
  const [a, b, words, more] = devices as [Device, Device, Device, Device];
  const speaking = [a, b, words];
  a.begin(words.key.publicKey);
  b.begin(dice.pick(devices).key.publicKey);
  words.member = a.member;
  const aloud = (): OpenEntry => dice.pick(dice.pick(speaking.filter(({ said }) => said.length > 0)).said);
  for (let i = 0; i < 12; i++) {
    const [who, whom] = [dice.pick(speaking), dice.pick(devices)];
    const other = { root: new Uint8Array(16).fill(dice.int(3)), member: whom.member };
    switch (dice.int(7)) {
      case 0:
      case 1:
        if (who === whom) break;
        who.add(whom);
        if (!speaking.includes(whom)) speaking.push(whom);
        break;
      case 2:
        if (who !== whom) who.remove(whom, whom.said.length > 0 && dice.int(2) === 0 ? dice.pick(whom.said) : null);
        break;
      case 3:
        who.witness(aloud());
        break;
      case 4:
        who.setWords(more.key.publicKey);
        break;
      case 5:
        who.refuse(aloud());
        break;
      default: {
        const posing = new Device(whom.key, other.root);
        posing.member = new Uint8Array(16).fill(200 + dice.int(3));
        who.absorb(posing.party, posing.consentTo(who.party));
      }
    }
  }
  return all(...devices);
};

const textOf = (charter: Charter): string =>
  JSON.stringify(charter, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));

/** How many histories are judged differently when they come in another order, and what occurs in them. */
const differing = (first: number, last: number) => {
  const occurring = new Set<string>();
  const different: number[] = [];
  for (let seed = first; seed <= last; seed++) {
    const dice = seededRandomness(seed);
    const entries = history(dice);
    const mixed = [...entries, ...entries.slice(0, 3)]
      .map((open) => [dice.fraction(), open] as const)
      .toSorted((x, y) => x[0] - y[0])
      .map(([, open]) => open);
    const seenAt = new Map(entries.map((open) => [toHex(open.hash), (dice.int(4) * FINAL_AFTER_MS) / 2] as const));
    const evidence = seed % 2 === 0 ? {} : { now: (2 + dice.int(3)) * FINAL_AFTER_MS, seenAt };
    const charter = evaluateCharter(entries, { roots: [ROOT], ...evidence });
    const again = evaluateCharter(mixed, { roots: [ROOT], ...evidence });
    if (textOf(again) !== textOf(charter)) different.push(seed);
    for (const { devices, recoveries, absorbed } of charter.members) {
      for (const { state, added } of devices)
        occurring.add(`device ${state}${added?.byWords === true ? ' by words' : ''}`);
      for (const { state } of recoveries) occurring.add(`recovery ${state}`);
      if (absorbed.length > 0) occurring.add('absorbed');
    }
  }
  return { different, occurring: [...occurring].toSorted() };
};

test(`the verdict depends on the set of entries only: the first ${FIRST} histories`, () => {
  expect(differing(1, FIRST).different).toEqual([]);
});
test(`the verdict depends on the set of entries only, never on their order or repetition: ${SEEDS} histories`, () => {
  const { different, occurring } = differing(1, SEEDS);
  expect(different).toEqual([]);
  // The histories are worth something: all of this occurs in them.
  expect(occurring).toEqual([
    'absorbed',
    'device active',
    'device active by words',
    'device contested',
    'device contested by words',
    'device removed',
    'device removed by words',
    'recovery in effect',
    'recovery refused',
    'recovery void',
    'recovery waiting',
  ]);
}, 120_000);
