import { describe, expect, test } from 'vitest';
import { concat, uint32, utf8 } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import {
  addGeneration,
  canSend,
  createGeneration,
  emptySession,
  loadSession,
  openSlots,
  sealBody,
  sealSlot,
  sessionRows,
  type Generation,
  type Session,
} from '@kith/core/session';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const crypto = createNullCrypto();
const randomness = seededRandomness(9);
const tag = new Uint8Array(16).fill(3);
const NOW = 1_800_000_000_000;
const made = (role: 'answerer' | 'joiner', now = NOW, exporter = randomness.bytes(64)): Session =>
  addGeneration(emptySession(), createGeneration(crypto, new Secret(exporter.slice()), role, now), now).session;
/** A session that opened 70 slots and skipped one: a state, two chunks of what was seen and a block. */
const full = (): Session => {
  const exporter = randomness.bytes(64);
  let [a, b] = [made('answerer', NOW, exporter), made('joiner', NOW, exporter)];
  for (let i = 0; i < 71; i++) {
    const sealed = sealSlot(a, crypto, randomness, new Uint8Array(32), tag);
    if (sealed === undefined) throw new Error('no generation');
    a = sealed.session;
    if (i === 5) continue;
    const opened = openSlots(b, crypto, [sealed.slot], tag, NOW + i);
    if (opened.type !== 'opened') throw new Error(opened.type);
    b = opened.session;
  }
  return b;
};
interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
const rowsOf = (session: Session): readonly Row[] =>
  sessionRows(session).map(({ key, value }) => ({ key, value: value as Uint8Array }));

describe('the rows of a session', () => {
  test('give the session again, in any order, and nothing of it is a view of them', () => {
    const session = full();
    const rows = rowsOf(session).map(({ key, value }) => ({ key, value: value.slice() }));
    expect(
      sessionRows(session).map(({ key, holdsKeys }) => [String.fromCharCode(key[0] as number), holdsKeys]),
    ).toEqual([
      ['s', true],
      ['k', true],
      ['r', false],
      ['r', false],
    ]);
    const loaded = loadSession(rows.toReversed());
    for (const { value } of rows) value.fill(0);
    if (loaded === undefined) throw new Error('does not load');
    expect(rowsOf(loaded)).toEqual(rowsOf(session));
    const [generation] = loaded.generations;
    expect([generation?.role, generation?.madeAt, generation?.openedAt]).toEqual(['joiner', NOW, NOW]);
    expect(loadSession(rowsOf(made('answerer')))?.generations[0]).toMatchObject({ role: 'answerer', openedAt: null });
  });
  test('times of broken clocks are stored as 0, and parts of milliseconds not at all', () => {
    const madeAt = (now: number): number | undefined =>
      loadSession(rowsOf(made('joiner', now)))?.generations[0]?.madeAt;
    expect([madeAt(-5), madeAt(12.7)]).toEqual([0, 12]);
  });
  test('rows of any other form are no session', () => {
    const rows = rowsOf(full());
    const [state, block, first, second] = rows as [Row, Row, Row, Row];
    const changed = (row: Row, value: Uint8Array, key = row.key): readonly Row[] =>
      rows.map((one) => (one === row ? { key, value } : one));
    const wrong: readonly (readonly Row[])[] = [
      [],
      [block, first, second],
      [state, block, second],
      [...rows, { key: utf8('x'), value: first.value }],
      [...rows, { key: utf8('s2'), value: state.value }],
      [...rows, { key: concat(first.key, Uint8Array.of(0)), value: first.value }],
      changed(state, state.value.subarray(1)),
      changed(block, block.value.subarray(1)),
      changed(second, second.value.subarray(1)),
      changed(second, new Uint8Array(0)),
      changed(first, new Uint8Array(65 * 8)),
      changed(second, second.value, Uint8Array.of(second.key[0] as number, 2)),
    ];
    expect(loadSession(rows)).toBeDefined();
    for (const [i, some] of wrong.entries()) expect([i, loadSession(some)]).toEqual([i, undefined]);
  });
});

describe('the ends of a chain', () => {
  test('a counter is never used twice: after the last of 2^32 - 1 nothing is sent in that generation', () => {
    const session = made('joiner');
    const [generation] = session.generations as readonly [Generation];
    const last = { key: generation.send?.key, headerKey: generation.send?.headerKey, counter: 2 ** 32 - 2 };
    const at = { ...session, generations: [{ ...generation, send: last as Generation['send'] }] };
    expect(canSend(at)).toBe(true);
    const sealed = sealSlot(at, crypto, randomness, new Uint8Array(32), tag);
    if (sealed === undefined) throw new Error('one was left');
    expect(sealed.session.generations[0]?.send?.counter).toBe(2 ** 32 - 1);
    expect(loadSession(rowsOf(sealed.session))).toBeDefined();
    expect(canSend(sealed.session)).toBe(false);
    expect(sealSlot(sealed.session, crypto, randomness, new Uint8Array(32), tag)).toBeUndefined();
    expect([canSend(emptySession()), canSend(session)]).toEqual([false, true]);
  });
  test('a slot and a body are what spec 05 says of them', () => {
    const session = made('joiner');
    const chain = session.generations[0]?.send?.key.copy().expose() as Uint8Array;
    const headerKey = session.generations[0]?.send?.headerKey.copy().expose() as Uint8Array;
    const bodyKey = randomness.bytes(32);
    const slot = sealSlot(session, crypto, randomness, bodyKey, tag)?.slot as Uint8Array;
    const nonce = slot.subarray(0, 24);
    const header = concat(uint32(0), new Uint8Array(4));
    const messageKey = crypto.hash(64, utf8('kith chain'), chain).subarray(32);
    expect(slot.subarray(24, 32)).toEqual(crypto.hash(8, nonce, headerKey));
    const key = crypto.hash(32, concat(nonce, header), messageKey);
    expect(slot.subarray(32)).toEqual(crypto.seal(key, nonce, bodyKey, tag));
    expect(sealBody(crypto, bodyKey, tag, nonce).subarray(0, 32)).toEqual(
      crypto.hash(32, concat(utf8('kith commit\0'), tag), bodyKey),
    );
  });
});
