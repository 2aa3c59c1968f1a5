import { describe, expect, test } from 'vitest';
import { equalBytes, toHex } from '../../src/bytes/index.ts';
import { createAbsorb, mergedMembers, openEntry, type Merged } from '../../src/identity/index.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { crypto, Device, judge, newKey } from './family.ts';

/** Selves, each in a conversation of its own, with one device. */
const selves = (count: number): Device[] =>
  Array.from({ length: count }, (_, i) => {
    const device = new Device(newKey(), new Uint8Array(32).fill(40 + i));
    device.begin();
    return device;
  });
const charterOf = (...devices: Device[]) => {
  const root = (devices[0] as Device).root;
  return {
    root,
    charter: judge(
      devices.flatMap(({ said }) => said),
      { roots: [root] },
    ),
  };
};
const names = (merged: readonly Merged[]) =>
  merged.map(({ head, parties }) => [toHex(head.member), parties.map(({ member }) => toHex(member))]);
/** The consent is made by one side alone and carried; the other signs when it comes. */
const absorb = (by: Device, other: Device): void => {
  const carried = other.consentTo(by.party);
  by.absorb(other.party, carried);
};

describe('S4.44 merging two selves', () => {
  test('one entry signed by both, though they were never online together', () => {
    const [x, y, other] = selves(3) as [Device, Device, Device];
    absorb(x, y);
    const held = [charterOf(x), charterOf(y), charterOf(other)];
    const [merged, ...more] = mergedMembers(held);
    expect(more).toEqual([]);
    expect(toHex(merged?.head.member ?? x.key.publicKey)).toBe(toHex(x.member));
    expect(merged?.parties.length).toBe(2);
    expect(names(mergedMembers(held.toReversed()))).toEqual(names(mergedMembers(held)));
    // Without the other's charter nobody knows whose device consented.
    expect(mergedMembers([charterOf(x)])).toEqual([]);
    const [told] = held[0]?.charter.members.flatMap(({ absorbed }) => absorbed) ?? [];
    expect(told && equalBytes(told.member, y.member) && equalBytes(told.root, y.root)).toBe(true);
  });
  test('crossing, repeated and circular entries, and a third one, are no special case', () => {
    const [x, y, z] = selves(3) as [Device, Device, Device];
    absorb(x, y);
    absorb(x, y);
    absorb(y, x);
    const crossing = mergedMembers([charterOf(x), charterOf(y)]);
    const smaller = [toHex(x.member), toHex(y.member)].toSorted()[0];
    expect(crossing.map(({ head }) => toHex(head.member))).toEqual([smaller]);
    absorb(z, x);
    const chain = mergedMembers([charterOf(x), charterOf(y), charterOf(z)]);
    expect(chain.map(({ head, parties }) => [toHex(head.member), parties.length])).toEqual([[toHex(z.member), 3]]);
    absorb(y, z);
    expect(mergedMembers([charterOf(z), charterOf(x), charterOf(y)])).toHaveLength(1);
    expect(charterOf(x).charter.members[0]?.absorbed).toHaveLength(1);
  });
  test('it gives no right: no device of the one may act for the other', () => {
    const [x, y] = selves(2) as [Device, Device];
    absorb(x, y);
    const stray = new Device(y.key, x.root);
    stray.member = x.member;
    stray.remove(x, null);
    const { charter } = charterOf(x, stray);
    expect(charter.members.flatMap(({ devices }) => devices.map(({ state }) => state))).toEqual(['active']);
  });
  test('a lost device parts what both sides confirmed, and only what they did not', () => {
    const [x, y] = selves(2) as [Device, Device];
    const y2 = new Device(newKey(), y.root);
    y.add(y2);
    x.absorb(y.party, y2.consentTo(x.party));
    y.remove(y2, null);
    expect(mergedMembers([charterOf(x), charterOf(y, y2)])).toEqual([]);
    y.absorb(x.party, x.consentTo(y.party));
    expect(mergedMembers([charterOf(x), charterOf(y, y2)])).toHaveLength(1);
    // What a removed device says beyond its cut is void.
    const [a, b] = selves(2) as [Device, Device];
    const a2 = new Device(newKey(), a.root);
    a.add(a2);
    absorb(a2, b);
    a.remove(a2, null);
    expect(mergedMembers([charterOf(a, a2), charterOf(b)])).toEqual([]);
  });
  test('a consent serves for its pair and direction only, and nobody gives it for another', () => {
    const [x, y, z] = selves(3) as [Device, Device, Device];
    const opens = (by: Device, other: Device, consent: ReturnType<Device['consentTo']>): boolean =>
      openEntry(
        crypto,
        createAbsorb(crypto, by.key, by.at, {
          member: by.member,
          otherRoot: other.root,
          other: other.member,
          ...consent,
        }),
      ) !== undefined;
    expect(opens(x, y, y.consentTo(x.party))).toBe(true);
    expect(opens(z, y, y.consentTo(x.party))).toBe(false);
    expect(opens(x, z, y.consentTo(x.party))).toBe(false);
    expect(opens(y, x, y.consentTo(x.party))).toBe(false);
    // Z consents as if it were Y: the entry opens, and holds nothing.
    const posing = new Device(z.key, y.root);
    posing.member = y.member;
    x.absorb(y.party, posing.consentTo(x.party));
    expect(mergedMembers([charterOf(x), charterOf(y), charterOf(z)])).toEqual([]);
  });
  test('500 random merges: any order of charters and entries gives the same', () => {
    for (let run = 0; run < 500; run++) {
      const dice = seededRandomness(run);
      const people = selves(2 + dice.int(4));
      for (let i = 0; i < 6; i++) {
        const [by, other] = [dice.pick(people), dice.pick(people)];
        if (by !== other) absorb(by, other);
      }
      const held = people.map((one) => charterOf(one));
      const mixed = held
        .map((one) => [dice.fraction(), one] as const)
        .toSorted((a, b) => a[0] - b[0])
        .map(([, one]) => one);
      expect(names(mergedMembers([...mixed, mixed[0] as (typeof mixed)[number]]))).toEqual(names(mergedMembers(held)));
    }
  });
});
