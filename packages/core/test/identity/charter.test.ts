import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes/index.ts';
import { Secret, type SigningKey } from '../../src/crypto/index.ts';
import {
  createAddDevice,
  createInception,
  createRemoval,
  createWitness,
  entryPointAfter,
  evaluateCharter,
  feedIdOf,
  FINAL_AFTER_MS,
  firstEntryPoint,
  openEntry,
  signConsent,
  signEntry,
  type Charter,
  type Cut,
  type OpenEntry,
} from '../../src/identity/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';

const crypto = createNullCrypto();
const ROOT = new Uint8Array(16).fill(3);
const random = seededRandomness(4);

/** A device that writes charter entries. */
class Device {
  readonly key: SigningKey = crypto.signingKey(new Secret(random.bytes(32)));
  readonly feed = feedIdOf(crypto, this.key.publicKey);
  readonly said: OpenEntry[] = [];
  /** Whose device it is, once it is one. */
  member: Uint8Array = new Uint8Array(16);
  get at() {
    const last = this.said.at(-1);
    return last === undefined ? firstEntryPoint(ROOT) : entryPointAfter(last);
  }
  keep(bytes: Uint8Array): OpenEntry {
    const open = openEntry(crypto, bytes);
    if (open === undefined) throw new Error('does not open');
    this.said.push(open);
    return open;
  }
  begin(recovery: Uint8Array = random.bytes(32), root = ROOT): OpenEntry {
    const begun = this.keep(
      createInception(crypto, { key: this.key, root, memberKind: 'human', recoveryKey: recovery, versions: [1] }),
    );
    if (begun.act.type === 'inception') this.member = begun.act.member;
    return begun;
  }
  add(other: Device): OpenEntry {
    const { member } = this;
    if (!other.said.some(({ act }) => act.type === 'inception')) other.member = member;
    const consent = signConsent(crypto, other.key, ROOT, member);
    return this.keep(createAddDevice(crypto, this.key, this.at, { device: other.key.publicKey, member, consent }));
  }
  /** Accepts what the other had said up to `head`, and `count` events of nothing. */
  remove(other: Device, head: OpenEntry | null): OpenEntry {
    const cut: Cut = {
      feed: other.feed,
      segment: null,
      count: 0,
      charterCount: head === null ? 0 : head.entry.seq + 1,
      charterHead: head?.hash ?? null,
    };
    return this.keep(createRemoval(crypto, this.key, this.at, { feed: other.feed, member: null, cuts: [cut] }));
  }
  witness(removal: OpenEntry): OpenEntry {
    return this.keep(createWitness(crypto, this.key, this.at, removal.hash));
  }
}
const all = (...devices: Device[]): OpenEntry[] => devices.flatMap(({ said }) => said);
const judge = (entries: readonly OpenEntry[], more = {}): Charter =>
  evaluateCharter(entries, { roots: [ROOT], ...more });
const stateOf = (charter: Charter, device: Device): string =>
  charter.members.flatMap(({ devices }) => devices).find(({ feed }) => toHex(feed) === toHex(device.feed))?.state ??
  'unknown';
const family = () => {
  const [a1, a2, a3, b] = [new Device(), new Device(), new Device(), new Device()] as const;
  a1.begin();
  b.begin();
  a1.add(a2);
  return { a1, a2, a3, b };
};

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

  test('the verdict depends on the set of entries only, never on their order or repetition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const dice = seededRandomness(seed);
        const devices = Array.from({ length: 5 }, () => new Device());
        const started = devices.slice(0, 2);
        for (const device of started) device.begin();
        for (let i = 0; i < 15; i++) {
          const [who, whom] = [dice.pick(started), dice.pick(devices)];
          if (who === whom) continue;
          const kind = dice.int(4);
          if (kind === 0) {
            who.add(whom);
            if (!started.includes(whom)) started.push(whom);
          } else if (kind < 3)
            who.remove(whom, whom.said.length > 0 && dice.int(2) === 0 ? dice.pick(whom.said) : null);
          else if (whom.said.length > 0) who.witness(dice.pick(whom.said));
        }
        const entries = all(...devices);
        const mixed = [...entries, ...entries.slice(0, 3)]
          .map((open) => [dice.fraction(), open] as const)
          .toSorted((a, b) => a[0] - b[0])
          .map(([, open]) => open);
        const seenAt = new Map(entries.map((open) => [toHex(open.hash), dice.int(2) * FINAL_AFTER_MS * 2] as const));
        for (const more of [{}, { now: FINAL_AFTER_MS, seenAt }])
          expect(judge(mixed, more)).toEqual(judge(entries, more));
      }),
      { numRuns: 200 },
    );
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
