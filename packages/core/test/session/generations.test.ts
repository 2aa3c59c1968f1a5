import { describe, expect, test } from 'vitest';
import { Secret } from '@kith/core/crypto';
import {
  addGeneration,
  canSend,
  dropLateGenerations,
  createGeneration,
  emptySession,
  hasSeenPeer,
  openSlots,
  renewalDue,
  sendingGeneration,
  sealSlot,
  sessionRows,
  type Role,
  type Session,
} from '@kith/core/session';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const crypto = createNullCrypto();
const randomness = seededRandomness(31);
const tag = new Uint8Array(16);
const HOUR = 3_600_000;
let now = 1_800_000_000_000;

class Pair {
  a: Session = emptySession();
  b: Session = emptySession();
  agree(answerer: 'a' | 'b' = 'a', welcomeArrives = true): void {
    const exporter = randomness.bytes(64);
    const make = (role: Role) => createGeneration(crypto, new Secret(exporter.slice()), role, now);
    const joiner = answerer === 'a' ? 'b' : 'a';
    this[answerer] = addGeneration(this[answerer], make('answerer'), now).session;
    if (welcomeArrives) this[joiner] = addGeneration(this[joiner], make('joiner'), now).session;
  }
  seal(from: 'a' | 'b'): Uint8Array {
    const sealed = sealSlot(this[from], crypto, randomness, new Uint8Array(32), tag);
    if (sealed === undefined) throw new Error('no generation');
    this[from] = sealed.session;
    return sealed.slot;
  }
  open(to: 'a' | 'b', slot: Uint8Array): string {
    const opened = openSlots(this[to], crypto, [slot], tag, now);
    if (opened.type === 'opened') this[to] = opened.session;
    return opened.type;
  }
  talk(from: 'a' | 'b'): void {
    expect(this.open(from === 'a' ? 'b' : 'a', this.seal(from))).toBe('opened');
  }
}

describe('generations', () => {
  test('an old one still opens late cells, until 48 hours after a newer one was heard in', () => {
    const pair = new Pair();
    pair.agree();
    pair.talk('b');
    const [late, later] = [pair.seal('a'), pair.seal('a')];
    pair.agree();
    pair.talk('b');
    now += HOUR;
    pair.talk('a');
    now += 47 * HOUR;
    expect(pair.open('b', late)).toBe('opened');
    now += 2 * HOUR;
    pair.talk('a');
    expect(pair.b.generations).toHaveLength(1);
    expect(pair.open('b', later)).toBe('none');
    expect(pair.open('b', late)).toBe('duplicate');
  });

  test('with an old one go the keys of its messages that never came, from memory and from the rows; those of others stay', () => {
    const pair = new Pair();
    pair.agree();
    pair.talk('b');
    pair.seal('a');
    pair.talk('a');
    const old = pair.b.generations[0];
    const [lost] = pair.b.skipped.values();
    pair.agree();
    pair.talk('b');
    now += HOUR;
    pair.seal('a');
    pair.talk('a');
    expect(pair.b.skipped.size).toBe(2);
    const rows = sessionRows(pair.b).map(({ key }) => key.join());
    // Nobody asks for less time than was promised, and nobody gets more.
    expect(dropLateGenerations(pair.b, now + HOUR, HOUR)).toEqual({ session: pair.b, writes: [] });
    expect(dropLateGenerations(pair.b, now + 48 * HOUR, 100 * HOUR).session).toBe(pair.b);
    const { session, writes } = dropLateGenerations(pair.b, now + HOUR + 1, HOUR);
    expect(session.generations.map(({ id }) => id)).toEqual([pair.b.generations[1]?.id]);
    expect([...session.skipped.values()].map(({ generation }) => generation)).toEqual([pair.b.generations[1]?.id]);
    expect(writes.map(({ value }) => value === null)).toEqual([false, true]);
    expect([old?.receive.key.length, old?.receive.headerKey.length, lost?.keys[0]?.key.length]).toEqual([0, 0, 0]);
    expect(writes[0]?.value).toEqual(sessionRows(session)[0]?.value);
    expect(rows).toContain(writes[1]?.key.join());
  });

  test('at most four are kept, never without the one that is sent in and the newest', () => {
    const pair = new Pair();
    pair.agree();
    pair.talk('b');
    const sending = pair.a.generations[0]?.id;
    for (let i = 0; i < 10; i++) pair.agree('a', false);
    expect(pair.a.generations).toHaveLength(4);
    expect(pair.a.generations[0]?.id).toEqual(sending);
    pair.talk('a');
    pair.agree();
    expect(pair.a.generations).toHaveLength(4);
    pair.talk('b');
    pair.talk('a');
  });

  test('before the peer was seen in any, the newest is sent in', () => {
    const pair = new Pair();
    expect([canSend(pair.a), hasSeenPeer(pair.a)]).toEqual([false, false]);
    pair.agree('a', false);
    pair.agree();
    expect([canSend(pair.a), hasSeenPeer(pair.a), hasSeenPeer(pair.b)]).toEqual([true, false, true]);
    pair.talk('a');
  });

  test('the same generation again changes nothing', () => {
    const pair = new Pair();
    const exporter = randomness.bytes(64);
    for (let i = 0; i < 2; i++) {
      const generation = createGeneration(crypto, new Secret(exporter.slice()), 'joiner', now);
      pair.b = addGeneration(pair.b, generation, now).session;
    }
    expect(pair.b.generations).toHaveLength(1);
    pair.seal('b');
  });

  test('renewal is due after 50 answered messages or a day, for the larger key half as late again', () => {
    const pair = new Pair();
    pair.agree();
    expect(renewalDue(pair.a, true, now + 1000 * HOUR)).toBe(false);
    for (let i = 0; i < 80; i++) pair.talk('b');
    expect(renewalDue(pair.a, true, now)).toBe(false);
    const due: [number, number] = [0, 0];
    for (let i = 1; i <= 80; i++) {
      pair.talk('a');
      if (due[0] === 0 && renewalDue(pair.a, true, now)) due[0] = i;
      if (due[1] === 0 && renewalDue(pair.a, false, now)) due[1] = i;
    }
    expect(due).toEqual([50, 75]);
    pair.agree();
    pair.talk('b');
    pair.talk('a');
    expect(renewalDue(pair.a, true, now + 23 * HOUR)).toBe(false);
    expect(renewalDue(pair.a, true, now + 24 * HOUR)).toBe(true);
    expect(renewalDue(pair.a, false, now + 24 * HOUR)).toBe(false);
    expect(renewalDue(pair.a, false, now + 36 * HOUR)).toBe(true);
  });

  test('one that the peer does not use yet puts renewal off for ten minutes, by a clock that was set back as well', () => {
    const pair = new Pair();
    pair.agree();
    for (let i = 0; i < 50; i++) {
      pair.talk('b');
      pair.talk('a');
    }
    expect(renewalDue(pair.a, true, now)).toBe(true);
    const used = pair.a.generations.at(-1)?.id;
    pair.agree('a', false);
    expect(sendingGeneration(pair.a)?.id).toEqual(used);
    const minutes = [0, 10 * 60_000 - 1, 10 * 60_000, 1 - 10 * 60_000, -10 * 60_000];
    expect(minutes.map((after) => renewalDue(pair.a, true, now + after))).toEqual([false, false, true, false, true]);
    expect(renewalDue(new Pair().a, true, now + 1000 * HOUR)).toBe(false);
  });
});
