// What a thief, a relay or a contact may try against charters. Each attack returns what it got away with; against the rules
// as they are that is nothing.
// Long because it is a list: each attack stands by itself.
import { toHex } from '../../src/bytes/index.ts';
import { Secret } from '../../src/crypto/index.ts';
import {
  createAbsorb,
  createAddDevice,
  createRecovery,
  createRemoval,
  createWitness,
  entryPointAfter,
  evaluateCharter,
  FINAL_AFTER_MS,
  firstEntryPoint,
  mergedMembers,
  openEntry,
  signAbsorbConsent,
  signConsent,
  signEntry,
  ENTRY_KINDS,
  type Cut,
  type CharterRules,
  type OpenEntry,
} from '../../src/identity/index.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';
import { all, crypto, Device, family, newKey, ROOT, seen } from './family.ts';

const WEEK = FINAL_AFTER_MS;
const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1);

/** What a replica makes of bytes that came in this order. */
const judgeBytes = (bytes: readonly Uint8Array[], more: Partial<CharterRules> = {}) =>
  evaluateCharter(
    bytes.flatMap((one) => openEntry(crypto, one) ?? []),
    { roots: [ROOT], ...more },
  );
const statesOf = (
  held: readonly (OpenEntry | Uint8Array)[],
  devices: Readonly<Record<string, Device>>,
  more: Partial<CharterRules> = {},
): Readonly<Record<string, string>> => {
  const charter = judgeBytes(
    held.map((one) => (one instanceof Uint8Array ? one : one.bytes)),
    more,
  );
  const known = new Map(
    charter.members.flatMap((member) =>
      member.devices.map((device) => [`${toHex(member.id)} ${toHex(device.feed)}`, device.state] as const),
    ),
  );
  return Object.fromEntries(
    Object.entries(devices).map(([name, device]) => [
      name,
      known.get(`${toHex(device.member)} ${toHex(device.feed)}`) ?? 'unknown',
    ]),
  );
};
/** Where what is differs from what has to be. */
const differing = (
  what: string,
  is: Readonly<Record<string, string>>,
  shouldBe: Readonly<Record<string, string>>,
): readonly string[] =>
  Object.entries(shouldBe).flatMap(([name, state]) =>
    is[name] === state ? [] : [`${what}: ${name} is ${is[name] ?? '?'}, not ${state}`],
  );

export const ATTACKS: Readonly<Record<string, () => readonly string[]>> = {
  'class 1 S4.20 forged entries: another key, another body, no consent, or a consent to something else': () => {
    const { a1, a2, a3, b } = family();
    a3.member = a1.member;
    const at = a1.at;
    const device = a3.key.publicKey;
    const consentTo = (root: Uint8Array, member: Uint8Array) => signConsent(crypto, a3.key, root, member);
    const add = (consent: Uint8Array) => createAddDevice(crypto, a1.key, at, { device, member: a1.member, consent });
    const good = add(consentTo(ROOT, a1.member));
    const forged: Record<string, Uint8Array> = {
      'a flipped signature': flipped(good),
      'no consent': add(new Uint8Array(64)),
      'a consent to another member': add(consentTo(ROOT, b.member)),
      'a consent to another conversation': add(consentTo(new Uint8Array(16).fill(9), a1.member)),
      'the consent of another key': add(signConsent(crypto, b.key, ROOT, a1.member)),
    };
    const held = all(a1, a2, b);
    const devices = { a1, a2, a3, b };
    const untouched = { a1: 'active', a2: 'active', a3: 'unknown', b: 'active' };
    return [
      ...differing('the real one', statesOf([...held, good], devices), { ...untouched, a3: 'active' }),
      ...Object.entries(forged).flatMap(([what, bytes]) =>
        differing(what, statesOf([...held, bytes], devices), untouched),
      ),
    ];
  },

  'class 1 S4.21 an evil relay inserts entries of its own and of another conversation': () => {
    const { a1, a2, b } = family();
    const elsewhere = new Uint8Array(16).fill(7);
    const [stranger, friend, foreign] = [new Device(), new Device(), new Device(a1.key, elsewhere)];
    stranger.member = a1.member;
    stranger.add(friend);
    stranger.remove(a2, null);
    // What A1 signed in another conversation of the same device key.
    foreign.begin();
    foreign.member = a1.member;
    foreign.remove(a2, null);
    const states = statesOf(all(a1, a2, b, stranger, foreign), { a1, a2, b, friend });
    return differing('inserted', states, { a1: 'active', a2: 'active', b: 'active', friend: 'unknown' });
  },

  'class 2 S4.21 an evil relay hides, reorders and replays: what is shown follows from what is held, and no gap is skipped':
    () => {
      const { a1, a2, a3, b } = family();
      const [add, removal] = [a1.add(a3), a1.remove(a2, null)];
      const held = all(a1, a2, a3, b);
      const devices = { a1, a2, a3, b };
      const whole = { a1: 'active', a2: 'removed', a3: 'active', b: 'active' };
      const dice = seededRandomness(6);
      const bad: string[] = [];
      for (let i = 0; i < 50; i++) {
        const mixed = [...held, ...held.slice(0, dice.int(held.length))]
          .map((one) => [dice.fraction(), one] as const)
          .toSorted((x, y) => x[0] - y[0])
          .map(([, one]) => one);
        bad.push(...differing('reordered and replayed', statesOf(mixed, devices), whole));
      }
      const without = (hidden: OpenEntry) => held.filter((open) => open !== hidden);
      // The removal stands on the hidden entry: it does not count until that is there, and then at once.
      bad.push(
        ...differing('hidden in the middle', statesOf(without(add), devices), {
          ...whole,
          a2: 'active',
          a3: 'unknown',
        }),
        ...differing('hidden at the end', statesOf(without(removal), devices), { ...whole, a2: 'active' }),
        ...differing('an old list again', statesOf([...held, ...without(removal)], devices), whole),
      );
      return bad;
    },

  'class 7 S4.23 revocations cross: both are contested and nobody is sealed to, whoever comes first': () => {
    const { a1, a2, b } = family();
    const adding = a1.said[1] ?? null;
    a1.remove(a2, null);
    a2.remove(a1, adding);
    const both = { a1: 'contested', a2: 'contested', b: 'active' };
    const held = all(a1, a2, b);
    return [held, held.toReversed()].flatMap((order) => differing('crossing', statesOf(order, { a1, a2, b }), both));
  },

  'S4.23 a thief revokes first: 7 days to object, and a witness that does not count finishes nothing': () => {
    const { a1, a2, a3, b } = family();
    const b2 = new Device();
    b.add(b2);
    const mutual = a1.said[1] ?? null;
    // A3 is honest and was added by the honest A1; the thief has A2.
    a1.add(a3);
    const theft = a2.remove(a1, mutual);
    const witness = b.witness(theft);
    const answer = a1.remove(a2, null);
    const held = all(a1, a2, a3, b, b2);
    const devices = { a1, a2 };
    const contested = { a1: 'contested', a2: 'contested' };
    const now = 3 * WEEK;
    const bad = [
      ...differing(
        'objected in time',
        statesOf(held, devices, { now, seenAt: seen(held, [witness, 5], [answer, WEEK]) }),
        contested,
      ),
      ...differing(
        'objected too late',
        statesOf(held, devices, { now, seenAt: seen(held, [witness, 5], [answer, WEEK + 5]) }),
        { a1: 'removed', a2: 'active' },
      ),
    ];
    const only = (...witnesses: readonly OpenEntry[]) => held.filter((open) => open !== witness).concat(witnesses);
    const late = (entries: readonly OpenEntry[]) => ({ now, seenAt: seen(entries, [answer, 2 * WEEK]) });
    // The thief's own word, or that of a device its own person has removed.
    const own = only(a2.witness(theft));
    bad.push(...differing('witnessed by the thief', statesOf(own, devices, late(own)), contested));
    b2.witness(theft);
    b.remove(b2, null);
    const void_ = only(...all(b, b2).filter((open) => open !== witness && !held.includes(open)));
    // B's chain stands on the witness that is hidden here: it removes B2 from before it.
    const [again] = [b.remove(b2, null, entryPointAfter(b.said[1] as OpenEntry))];
    const removed = [...void_, again];
    bad.push(...differing('witnessed by a removed device', statesOf(removed, devices, late(removed)), contested));
    // A device that witnessed the other side before.
    const twice = family();
    const honest = twice.a1.remove(twice.a2, null);
    const thief = twice.a2.remove(twice.a1, twice.a1.said[1] ?? null);
    twice.b.witness(honest);
    twice.b.witness(thief);
    const said = all(twice.a1, twice.a2, twice.b);
    bad.push(
      ...differing(
        'witnessed both',
        statesOf(said, { a1: twice.a1, a2: twice.a2 }, { now, seenAt: seen(said, [thief, 2 * WEEK]) }),
        { a1: 'active', a2: 'removed' },
      ),
    );
    return bad;
  },

  'class 6 S4.23 a removed device signs entries that name old parents': () => {
    const { a1, a2, a3, b } = family();
    const a4 = new Device();
    a4.member = a1.member;
    const old = a2.add(a3);
    a1.remove(a2, old);
    // It forks its chain from before the cut, with a lower seq than the cut has, and goes on from the cut too.
    const consent = signConsent(crypto, a4.key, ROOT, a1.member);
    const body = { device: a4.key.publicKey, member: a1.member, consent };
    const fork = createAddDevice(crypto, a2.key, { root: ROOT, seq: 0, previous: new Uint8Array(32) }, body);
    const next = createAddDevice(crypto, a2.key, entryPointAfter(old), body);
    const counter = createRemoval(
      crypto,
      a2.key,
      { root: ROOT, seq: 0, previous: new Uint8Array(32) },
      {
        feed: a1.feed,
        member: null,
        cuts: [
          { feed: a1.feed, segment: null, count: 0, charterCount: 2, charterHead: (a1.said[1] as OpenEntry).hash },
        ],
      },
    );
    const devices = { a1, a2, a3, a4 };
    const right = { a1: 'active', a2: 'removed', a3: 'active', a4: 'removed' };
    const held = all(a1, a2, b);
    return [
      ...differing('a fork', statesOf([...held, fork], devices), right),
      ...differing('going on', statesOf([...held, next], devices), right),
      // Its counter-removal below the cut leaves both contested until a witness: it wins nothing.
      ...differing('a counter-removal', statesOf([...held, counter], devices), {
        a1: 'contested',
        a2: 'contested',
      }),
    ];
  },

  'S4.23 a chain that branches is cut where it was held: the branches that are named stay, and what comes on others is void':
    () => {
      const { a1, a2, a3, b } = family();
      const [a4, a5] = [new Device(), new Device()];
      // Two restores of one backup, and a third one that nobody had heard of.
      const start = firstEntryPoint(ROOT);
      const [one, two, late] = [a3, a4, a5].map((restored) => {
        restored.member = a1.member;
        const consent = signConsent(crypto, restored.key, ROOT, a1.member);
        return createAddDevice(crypto, a2.key, start, { device: restored.key.publicKey, member: a1.member, consent });
      }) as [Uint8Array, Uint8Array, Uint8Array];
      const cutAt = (bytes: Uint8Array): Cut => {
        const head = openEntry(crypto, bytes)?.hash ?? null;
        return { feed: a2.feed, segment: null, count: 0, charterCount: 1, charterHead: head };
      };
      const remove = (...heads: readonly Uint8Array[]): OpenEntry[] => [
        ...all(a1, b),
        a1.keep(createRemoval(crypto, a1.key, a1.at, { feed: a2.feed, member: null, cuts: heads.map(cutAt) })),
      ];
      const devices = { a2, a3, a4, a5 };
      const held = [one, two, late];
      const both = statesOf([...remove(one, two), ...held], devices);
      a1.said.pop();
      const turned = statesOf([...remove(two, one), ...held.toReversed()], devices);
      a1.said.pop();
      const only = statesOf([...remove(two), ...held], devices);
      const right = { a2: 'removed', a3: 'active', a4: 'active', a5: 'removed' };
      return [
        ...differing('two branches', both, right),
        ...differing('turned round', turned, right),
        ...differing('one branch', only, { ...right, a3: 'removed' }),
      ];
    },

  'S4.23 a refusal within a day: the cut at zero voids all that the new device signed, its friends too': () => {
    const { a1, a2, a3, b } = family();
    const [a4, a5] = [new Device(), new Device()];
    a2.add(a3);
    a3.add(a4);
    a4.add(a5);
    a1.remove(a3, null);
    return differing('refused', statesOf(all(a1, a2, a3, a4, b), { a1, a2, a3, a4, a5 }), {
      a1: 'active',
      a2: 'active',
      a3: 'removed',
      a4: 'removed',
      a5: 'removed',
    });
  },

  'class 10 S4.20 a reset forged with an old leaked key': () => {
    const { a1, a2, a3, b } = family();
    const words = new Device();
    for (const one of [words, a3]) one.member = a1.member;
    a1.remove(a2, null);
    // The leaked keys: of a removed device, of a published segment, of recovery words of another conversation.
    const set = createRecovery(crypto, a2.key, a2.at, { member: a1.member, recoveryKey: words.key.publicKey });
    const opened = openEntry(crypto, set);
    const witness = createWitness(crypto, b.key, b.at, { removal: opened?.hash ?? new Uint8Array(32) });
    words.remove(a1, null);
    words.add(a3);
    const subkey = new Device(crypto.signingKey(new Secret(new Uint8Array(32).fill(8))));
    subkey.member = a1.member;
    subkey.remove(a1, null);
    const held = [...all(a1, a2, b, words, subkey), set, witness];
    const bytes = held.map((one) => (one instanceof Uint8Array ? one : one.bytes));
    const seenAt = new Map(bytes.flatMap((one) => [[toHex(crypto.hash(32, one)), 0] as const]));
    const states = statesOf(held, { a1, a2, a3 }, { now: 9 * WEEK, seenAt });
    return differing('forged', states, { a1: 'active', a2: 'removed', a3: 'unknown' });
  },

  'S4.23 a thief sets recovery words: any own device refuses them, and they wait for the counterpart': () => {
    const { a1, a2, b } = family();
    const words = new Device();
    words.member = a1.member;
    const set = a2.setWords(words.key.publicKey);
    const witness = b.witness(set);
    const own = a2.witness(set);
    const refusal = a1.refuse(set);
    words.remove(a1, null);
    const held = all(a1, a2, b, words);
    const right = { a1: 'active', a2: 'active' };
    const now = 9 * WEEK;
    const unrefused = held.filter((open) => open !== refusal);
    const ownSeen = unrefused.filter((open) => open !== witness);
    const unseen = ownSeen.filter((open) => open !== own);
    return [
      ...differing('refused', statesOf(held, { a1, a2 }, { now, seenAt: seen(held) }), right),
      ...differing('unseen', statesOf(unseen, { a1, a2 }, { now, seenAt: seen(unseen) }), right),
      ...differing('seen by the thief', statesOf(ownSeen, { a1, a2 }, { now, seenAt: seen(held) }), right),
      ...differing('early', statesOf(unrefused, { a1, a2 }, { now: WEEK - 1, seenAt: seen(held) }), right),
    ];
  },

  'S4.23 a thief undoes recovery words that hold, by removing below them who set them': () => {
    const { a1, a2, b } = family();
    const words = new Device();
    words.member = a1.member;
    b.witness(a1.setWords(words.key.publicKey));
    const theft = a2.remove(a1, a1.said[1] ?? null);
    const back = words.remove(a2, null);
    const held = all(a1, a2, b, words);
    const states = statesOf(
      held,
      { a1, a2 },
      { now: 9 * WEEK, seenAt: seen(held, [theft, 2 * WEEK], [back, 3 * WEEK]) },
    );
    return differing('undone', states, { a1: 'active', a2: 'removed' });
  },

  'class 3 S4.23 a contact names my device as its own recovery key, so that I cannot remove it': () => {
    const [a1, a2, b] = [new Device(), new Device(), new Device()] as const;
    a1.begin();
    a1.add(a2);
    const born = b.begin(a2.key.publicKey);
    a1.remove(a2, null);
    a2.witness(born);
    const later = family();
    const set = later.b.setWords(later.a2.key.publicKey);
    later.a1.witness(set);
    later.a2.witness(set);
    later.a1.remove(later.a2, null);
    const held = all(later.a1, later.a2, later.b);
    return [
      ...differing('at birth', statesOf(all(a1, a2, b), { a1, a2 }), { a1: 'active', a2: 'removed' }),
      ...differing('later', statesOf(held, later, { now: 9 * WEEK, seenAt: seen(held) }), { a2: 'removed' }),
    ];
  },

  'S4.20 a device that another member added acts for that member only': () => {
    const { a1, a2, a3, b } = family();
    // A1 revoked what added A2's friend; B, its accomplice, has A3 too.
    a2.add(a3);
    a1.remove(a2, null);
    b.add(a3, b.member);
    a3.member = a1.member;
    const a4 = new Device();
    a3.add(a4);
    const states = statesOf(all(a1, a2, a3, b), { a1, a3, a4 });
    return differing('by another member', states, { a1: 'active', a3: 'removed', a4: 'removed' });
  },

  'S4.23 a cut below what its own author witnessed does not count; recovery words are not removed': () => {
    const { a1, a2, b } = family();
    const removal = a2.remove(a1, a1.said[1] ?? null);
    a1.witness(removal);
    a1.remove(a2, null);
    const words = new Device();
    const other = new Device();
    other.begin(words.key.publicKey);
    const friend = new Device();
    other.add(friend);
    words.member = other.member;
    words.remove(friend, null);
    friend.remove(words, null);
    return [
      ...differing('below', statesOf(all(a1, a2, b), { a1, a2 }), { a1: 'removed', a2: 'active' }),
      ...differing('words', statesOf(all(other, friend, words), { other, friend }), {
        other: 'active',
        friend: 'removed',
      }),
    ];
  },

  'S4.44 a merge forged by one side, by a removed device, or by an entry that is void': () => {
    const [x, y] = [new Device(newKey(), new Uint8Array(32).fill(1)), new Device(newKey(), new Uint8Array(32).fill(2))];
    x.begin();
    y.begin();
    const mergedBy = (...devices: readonly (readonly Uint8Array[])[]): number =>
      mergedMembers(
        devices.map((bytes, i) => {
          const root = i === 0 ? x.root : y.root;
          return { root, charter: judgeBytes(bytes, { roots: [root] }) };
        }),
      ).length;
    const bytesOf = (device: Device) => device.said.map(({ bytes }) => bytes);
    const body = { member: x.member, otherRoot: y.root, other: y.member };
    const entry = (device: Uint8Array, consent: Uint8Array) =>
      createAbsorb(crypto, x.key, x.at, { ...body, device, consent });
    const unsigned = entry(y.key.publicKey, new Uint8Array(64));
    const turned = entry(y.key.publicKey, signAbsorbConsent(crypto, y.key, y.party, x.party));
    const stranger = newKey();
    const posing = entry(stranger.publicKey, signAbsorbConsent(crypto, stranger, x.party, y.party));
    const y2 = new Device(newKey(), y.root);
    y.add(y2);
    y.remove(y2, null);
    const removed = entry(y2.key.publicKey, signAbsorbConsent(crypto, y2.key, x.party, y.party));
    const forged = { unsigned, turned, posing, removed };
    const good = entry(y.key.publicKey, signAbsorbConsent(crypto, y.key, x.party, y.party));
    return [
      ...(mergedBy([...bytesOf(x), good], bytesOf(y)) === 1 ? [] : ['the real one does not merge']),
      ...Object.entries(forged).flatMap(([what, one]) =>
        mergedBy([...bytesOf(x), one], bytesOf(y)) === 0 ? [] : [`${what} merges`],
      ),
    ];
  },

  'class 26 S4.20 an entry of a kind this build does not know ends authority in its feed, and nothing behind it counts':
    () => {
      const { a1, a2, a3, b } = family();
      a1.keep(signEntry(crypto, a1.key, a1.at, 200, Uint8Array.of(0)));
      a1.add(a3);
      a1.remove(a2, null);
      const states = statesOf(all(a1, a2, b), { a2, a3 });
      const other = family();
      const critical = signEntry(crypto, other.b.key, other.b.at, ENTRY_KINDS.witness, Uint8Array.of(0), [
        { id: 9, critical: true, value: new Uint8Array(0) },
      ]);
      const bytes = all(other.a1, other.b).map((open) => open.bytes);
      return [
        ...differing('behind it', states, { a2: 'active', a3: 'unknown' }),
        ...(judgeBytes([...bytes, critical]).frozen && !judgeBytes(bytes).frozen
          ? []
          : ['a critical extension is overlooked']),
      ];
    },
};
