import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { FINAL_AFTER_MS, openEntry, signEntry } from '../../src/identity/index.ts';
import { all, crypto, Device, family, judge, stateOf } from './family.ts';

describe('charter', () => {
  test('S4.20 an inception makes a member, an added device acts for it, a removed one no more', () => {
    const { a1, a2, a3, b } = family();
    a2.add(a3);
    let charter = judge(all(a1, a2, b));
    expect(charter.members.length).toBe(2);
    expect([a1, a2, a3, b].map((device) => stateOf(charter, device))).toEqual(['active', 'active', 'active', 'active']);
    // A1 had not seen that A2 added A3: the cut leaves it out, whatever A2 claims.
    a1.remove(a2, null);
    charter = judge(all(a1, a2, b));
    expect([a1, a2, a3].map((device) => stateOf(charter, device))).toEqual(['active', 'removed', 'removed']);
  });

  test('S4.23 any device removes any other, the first one too, and what it accepted stays', () => {
    const { a1, a2, a3, b } = family();
    const adding = a1.add(a3);
    a2.remove(a1, adding);
    const charter = judge(all(a1, a2, b));
    expect([a1, a2, a3].map((device) => stateOf(charter, device))).toEqual(['removed', 'active', 'active']);
  });

  test('class 6: a removed device cannot come back by an entry dated before its removal', () => {
    const { a1, a2, a3, b } = family();
    a1.remove(a2, null);
    // A year later A2 forks its chain below everything and adds a friend, and removes A1's removal's author.
    a2.add(a3);
    const charter = judge(all(a1, a2, b));
    expect(stateOf(charter, a3)).toBe('removed');
    expect(stateOf(charter, a2)).toBe('removed');
  });

  test('class 7: two removals of each other are contested until one is final', () => {
    const { a1, a2, b } = family();
    const first = a1.remove(a2, null);
    const counter = a2.remove(a1, a1.said[1] ?? null);
    const witness = b.witness(first);
    const entries = all(a1, a2, b);
    expect(['a', 'b'].map(() => stateOf(judge(entries), a1))).toEqual(['contested', 'contested']);
    expect(stateOf(judge(entries), a2)).toBe('contested');
    const seen = (counterAt: number) =>
      new Map(
        entries.map((open) => [toHex(open.hash), open === counter ? counterAt : open === witness ? 1000 : 0] as const),
      );
    const now = 1000 + FINAL_AFTER_MS;
    expect(stateOf(judge(entries, { now: now - 1, seenAt: seen(now) }), a2)).toBe('contested');
    expect(stateOf(judge(entries, { now, seenAt: seen(now - 1) }), a2)).toBe('contested');
    expect([a1, a2].map((device) => stateOf(judge(entries, { now, seenAt: seen(now) }), device))).toEqual([
      'active',
      'removed',
    ]);
  });

  test('differing witnesses leave both contested; a device witnesses one of two opposing entries at most', () => {
    const { a1, a2, b } = family();
    const b2 = new Device();
    b.add(b2);
    const first = a1.remove(a2, null);
    const counter = a2.remove(a1, a1.said[1] ?? null);
    b.witness(first);
    b2.witness(counter);
    const entries = all(a1, a2, b, b2);
    const late = new Map(entries.map((open) => [toHex(open.hash), open === counter ? 9e12 : 0] as const));
    expect(stateOf(judge(entries, { now: 9e12, seenAt: late }), a2)).toBe('contested');
    const single = family();
    const one = single.a1.remove(single.a2, null);
    const two = single.a2.remove(single.a1, single.a1.said[1] ?? null);
    single.b.witness(one);
    single.b.witness(two);
    const said = all(single.a1, single.a2, single.b);
    const seen = new Map(said.map((open) => [toHex(open.hash), open === two ? 9e12 : 0] as const));
    expect(stateOf(judge(said, { now: 9e12, seenAt: seen }), single.a2)).toBe('removed');
  });

  test('a recovery key named in the inception beats both, at any time', () => {
    const [a1, a2, b, words] = [new Device(), new Device(), new Device(), new Device()] as const;
    a1.begin(words.key.publicKey);
    b.begin();
    a1.add(a2);
    a1.remove(a2, null);
    a2.remove(a1, a1.said[1] ?? null);
    words.remove(a2, null);
    const charter = judge(all(a1, a2, b, words));
    expect([a1, a2].map((device) => stateOf(charter, device))).toEqual(['active', 'removed']);
  });

  test('nobody acts for another person; a cut below what its author referred to does not count', () => {
    const { a1, a2, b } = family();
    b.remove(a1, null);
    expect(stateOf(judge(all(a1, a2, b)), a1)).toBe('active');
    const other = family();
    const removal = other.a2.remove(other.a1, other.a1.said[1] ?? null);
    other.a1.witness(removal);
    other.a1.remove(other.a2, null);
    expect(stateOf(judge(all(other.a1, other.a2, other.b)), other.a1)).toBe('removed');
  });

  test('an unknown kind freezes its feed from there; another root or an uninvited member is not let in', () => {
    const { a1, a2, a3, b } = family();
    a1.keep(signEntry(crypto, a1.key, a1.at, 200, Uint8Array.of(0)));
    a1.add(a3);
    const charter = judge(all(a1, a2, b));
    expect(charter.frozen).toBe(true);
    expect([a1, a2, a3].map((device) => stateOf(charter, device))).toEqual(['active', 'active', 'unknown']);
    const stranger = new Device();
    stranger.begin(undefined, new Uint8Array(16).fill(4));
    expect(judge(all(stranger)).members).toEqual([]);
    const act = b.said[0]?.act;
    if (act?.type !== 'inception') throw new Error('no inception');
    expect(judge(all(a1, a2, b), { admitted: [act.member] }).members.map(({ id }) => toHex(id))).toEqual([
      toHex(act.member),
    ]);
  });

  test('an entry opens only as it was signed: each bit counts', () => {
    const device = new Device();
    const open = device.begin();
    for (let bit = 0; bit < open.bytes.length * 8; bit++) {
      const bad = open.bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openEntry(crypto, bad)).toBeUndefined();
    }
  });
});
