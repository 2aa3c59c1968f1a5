import { describe, expect, test } from 'vitest';
import { Secret } from '@kith/core/crypto';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import {
  addGeneration,
  createGeneration,
  emptySession,
  loadSession,
  MAX_SKIPPED,
  MAX_STEPS,
  openSlots,
  sealSlot,
  sessionRows,
  type Session,
} from '@kith/core/session';

const crypto = createNullCrypto();
const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const tag = new Uint8Array(16).fill(7);

const pair = (seed = 1): { a: Session; b: Session; randomness: ReturnType<typeof seededRandomness> } => {
  const randomness = seededRandomness(seed);
  const exporter = randomness.bytes(64);
  const make = (role: 'answerer' | 'joiner'): Session =>
    addGeneration(emptySession(), createGeneration(crypto, new Secret(exporter.slice()), role, NOW), NOW).session;
  return { a: make('answerer'), b: make('joiner'), randomness };
};
const rowsOf = (session: Session) =>
  sessionRows(session).map(({ key, value }) => ({ key, value: value as Uint8Array }));
const reload = (session: Session): Session => loadSession(rowsOf(session)) as Session;
const many = (from: Session, count: number, randomness: ReturnType<typeof seededRandomness>) => {
  const slots: Uint8Array[] = [];
  let session = from;
  for (let i = 0; i < count; i++) {
    const sealed = sealSlot(session, crypto, randomness, new Uint8Array(32).fill(i), tag);
    if (sealed === undefined) throw new Error('no generation');
    session = sealed.session;
    slots.push(sealed.slot);
  }
  return { session, slots };
};

describe('slots', () => {
  test('a slot gives its body key once; the same bytes again are a duplicate', () => {
    const { a, b, randomness } = pair();
    const { slots } = many(a, 1, randomness);
    expect(slots[0]).toHaveLength(80);
    const first = openSlots(b, crypto, slots, tag, NOW);
    expect(first.type).toBe('opened');
    if (first.type !== 'opened') return;
    expect(first.bodyKey.expose()).toEqual(new Uint8Array(32));
    expect(openSlots(first.session, crypto, slots, tag, NOW).type).toBe('duplicate');
    expect(openSlots(reload(first.session), crypto, slots, tag, NOW).type).toBe('duplicate');
  });

  test('a slot does not open under another tag, nor with any bit changed', () => {
    const { a, b, randomness } = pair();
    const slot = many(a, 1, randomness).slots[0] as Uint8Array;
    expect(openSlots(b, crypto, [slot], new Uint8Array(16), NOW).type).toBe('none');
    for (let bit = 0; bit < 640; bit++) {
      const changed = slot.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openSlots(b, crypto, [changed], tag, NOW).type).not.toBe('opened');
    }
    expect(openSlots(b, crypto, [slot], tag, NOW).type).toBe('opened');
  });

  test('messages open in any order, across restarts, and no two slots are alike', () => {
    const { a, b, randomness } = pair(3);
    const { slots } = many(a, 300, randomness);
    expect(new Set(slots.map((slot) => slot.join())).size).toBe(300);
    let session = b;
    const order = slots.map((slot, i) => ({ slot, i, at: randomness.fraction() })).toSorted((x, y) => x.at - y.at);
    for (const { slot, i } of order) {
      const opened = openSlots(reload(session), crypto, [slot], tag, NOW);
      if (opened.type !== 'opened') throw new Error(opened.type);
      expect(opened.counter).toBe(i);
      session = opened.session;
    }
    expect(session.skipped.size).toBe(0);
  });

  test('what the writes store is what the session is', () => {
    const { a, b, randomness } = pair(4);
    const { slots } = many(a, 200, randomness);
    const stored = new Map<string, { key: Uint8Array; value: Uint8Array }>();
    const apply = (writes: readonly { key: Uint8Array; value: Uint8Array | null }[]): void => {
      for (const { key, value } of writes) {
        if (value === null) stored.delete(key.join());
        else stored.set(key.join(), { key, value });
      }
    };
    apply(sessionRows(b));
    let session = b;
    for (const slot of slots.toSorted(() => randomness.fraction() - 0.5)) {
      if (randomness.fraction() < 0.2) continue;
      const opened = openSlots(session, crypto, [slot], tag, NOW);
      if (opened.type !== 'opened') throw new Error(opened.type);
      session = opened.session;
      apply(opened.writes);
      const loaded = loadSession([...stored.values()]) as Session;
      expect(
        sessionRows(loaded)
          .map((row) => row.key.join())
          .toSorted(),
      ).toEqual(
        sessionRows(session)
          .map((row) => row.key.join())
          .toSorted(),
      );
    }
    const bytes = (of: Session) =>
      sessionRows(of)
        .map((row) => `${row.key.join()}:${row.value?.join() ?? ''}`)
        .toSorted();
    expect(bytes(loadSession([...stored.values()]) as Session)).toEqual(bytes(session));
  });

  test('class 29: at most 4,096 skipped keys are kept, the newest, and at most 65,536 steps are taken', () => {
    const { a, b, randomness } = pair(5);
    const { session, slots } = many(a, 5000, randomness);
    const opened = openSlots(b, crypto, [slots[4999] as Uint8Array], tag, NOW);
    if (opened.type !== 'opened') throw new Error(opened.type);
    const kept = [...opened.session.skipped.values()].reduce((sum, block) => sum + block.keys.length, 0);
    expect(kept).toBeLessThanOrEqual(MAX_SKIPPED);
    expect(kept).toBeGreaterThan(MAX_SKIPPED - 64);
    expect(openSlots(opened.session, crypto, [slots[100] as Uint8Array], tag, NOW).type).toBe('rewound');
    const next = openSlots(opened.session, crypto, [slots[4000] as Uint8Array], tag, NOW);
    if (next.type !== 'opened') throw new Error(next.type);
    const far = many(session, MAX_STEPS + 1, randomness).slots;
    expect(openSlots(next.session, crypto, [far[MAX_STEPS] as Uint8Array], tag, NOW).type).toBe('none');
    expect(openSlots(next.session, crypto, [far[MAX_STEPS - 1] as Uint8Array], tag, NOW).type).toBe('opened');
  });

  test('class 29: over the bound whole blocks of kept keys go, those of the older generation first, from memory and rows', () => {
    const { a, b, randomness } = pair(9);
    const open = (session: Session, slots: readonly Uint8Array[]) => {
      const opened = openSlots(session, crypto, slots.slice(-1), tag, NOW);
      if (opened.type !== 'opened') throw new Error(opened.type);
      return opened;
    };
    const kept = (session: Session, place: number): readonly number[] => {
      const id = session.generations[place]?.id.join();
      const blocks = [...session.skipped.values()].filter(({ generation }) => generation.join() === id);
      return blocks.flatMap(({ keys }) => keys.map(({ counter }) => counter)).toSorted((x, y) => x - y);
    };
    const deleted = (writes: readonly { readonly value: Uint8Array | null }[]): number =>
      writes.filter(({ value }) => value === null).length;
    const first = many(a, 3001, randomness);
    const one = open(b, first.slots);
    expect(kept(one.session, 0)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    const oldest = [...one.session.skipped.values()].find(({ block }) => block === 0);
    const second = many(first.session, 1500, randomness);
    const two = open(one.session, second.slots);
    // 4,499 of them are 403 too many: seven blocks of 64.
    expect([kept(two.session, 0)[0], kept(two.session, 0).length, deleted(two.writes)]).toEqual([448, 4051, 7]);
    expect(oldest?.keys.map(({ key }) => key.length)).toEqual(Array<number>(64).fill(0));
    expect(openSlots(two.session, crypto, [first.slots[447] as Uint8Array], tag, NOW).type).toBe('rewound');
    expect(loadSession(rowsOf(two.session))?.skipped.size).toBe(two.session.skipped.size);
    // Exactly as many as may be: nothing goes.
    const exact = many(second.session, 46, randomness);
    const three = open(two.session, exact.slots);
    expect([kept(three.session, 0).length, deleted(three.writes)]).toEqual([MAX_SKIPPED, 0]);
    const exporter = randomness.bytes(64);
    const next = (session: Session, role: 'answerer' | 'joiner'): Session =>
      addGeneration(session, createGeneration(crypto, new Secret(exporter.slice()), role, NOW), NOW).session;
    const renewed = many(next(exact.session, 'joiner'), 2, randomness);
    const four = open(next(three.session, 'answerer'), renewed.slots);
    expect([kept(four.session, 0)[0], kept(four.session, 1), deleted(four.writes)]).toEqual([512, [0], 1]);
  });

  test('class 11: a restored copy uses a counter again with new bytes: no key repeats, and the peer says rewound', () => {
    const { a, b, randomness } = pair(6);
    const copy = reload(a);
    const first = many(a, 1, randomness).slots[0] as Uint8Array;
    const again = many(copy, 1, randomness).slots[0] as Uint8Array;
    expect(again).not.toEqual(first);
    const opened = openSlots(b, crypto, [first], tag, NOW);
    if (opened.type !== 'opened') throw new Error(opened.type);
    expect(openSlots(opened.session, crypto, [again], tag, NOW).type).toBe('rewound');
    // The four zeros tell whose a slot is: a stranger's must not look like a copy at work.
    for (let at = 28; at < 32; at++)
      expect(openSlots(opened.session, crypto, [again.with(at, (again[at] as number) ^ 1)], tag, NOW).type).toBe(
        'none',
      );
  });

  test('the answerer goes on sending in the old generation until it has seen the joiner in the new one', () => {
    const { a, b, randomness } = pair(8);
    const fromB = many(b, 1, randomness);
    const heard = openSlots(a, crypto, fromB.slots, tag, NOW);
    if (heard.type !== 'opened') throw new Error(heard.type);
    const exporter = randomness.bytes(64);
    const answerer = createGeneration(crypto, new Secret(exporter.slice()), 'answerer', NOW + HOUR);
    const joiner = createGeneration(crypto, new Secret(exporter.slice()), 'joiner', NOW + HOUR);
    const a2 = addGeneration(heard.session, answerer, NOW + HOUR).session;
    const sentBefore = many(a2, 1, randomness);
    const { slots: old } = sentBefore;
    const before = openSlots(fromB.session, crypto, old, tag, NOW + HOUR);
    if (before.type !== 'opened') throw new Error(`${before.type}: sealed in a generation the peer may not have`);
    const b2 = addGeneration(before.session, joiner, NOW + HOUR).session;
    expect(b2.generations[0]?.send).toBeNull();
    const fromJoiner = many(b2, 1, randomness);
    const seen = openSlots(sentBefore.session, crypto, fromJoiner.slots, tag, NOW + HOUR);
    if (seen.type !== 'opened') throw new Error(seen.type);
    expect(seen.generation).toEqual(b2.generations[1]?.id);
    expect(seen.session.generations[0]?.send).toBeNull();
    const inNew = openSlots(fromJoiner.session, crypto, many(seen.session, 1, randomness).slots, tag, NOW + 60 * HOUR);
    expect(inNew.type === 'opened' && inNew.generation).toEqual(b2.generations[1]?.id);
  });

  test('class 29: steps are made as far as there are any left, and what a few lost cells skip is free', () => {
    const { a, b, randomness } = pair(9);
    const { slots } = many(a, 3_000, randomness);
    const left = { steps: 1_000 };
    const at = (counter: number): readonly Uint8Array[] => slots.slice(counter, counter + 1);
    expect(openSlots(b, crypto, at(2_000), tag, NOW, left).type).toBe('none');
    // Of a wrong one, too: whoever carries a cell can change what counter it names.
    const wrong = (slots[900] as Uint8Array).slice();
    wrong[79] = (wrong[79] as number) ^ 1;
    expect(openSlots(b, crypto, [wrong], tag, NOW, left).type).toBe('none');
    expect(openSlots(b, crypto, at(900), tag, NOW, left).type).toBe('none');
    const next = openSlots(b, crypto, at(200), tag, NOW, { steps: 0 });
    expect(next.type).toBe('opened');
    if (next.type === 'opened')
      expect(openSlots(next.session, crypto, at(1_400), tag, NOW, { steps: 1_000 }).type).toBe('opened');
  });
});
