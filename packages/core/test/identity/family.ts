// Devices that write charter entries, for the tests of this folder.
import { toHex } from '../../src/bytes/index.ts';
import { Secret, type Crypto, type SigningKey } from '../../src/crypto/index.ts';
import {
  createAbsorb,
  createAddDevice,
  createInception,
  createRecovery,
  createRefusal,
  createRemoval,
  createWitness,
  entryPointAfter,
  evaluateCharter,
  feedIdOf,
  firstEntryPoint,
  openEntry,
  signAbsorbConsent,
  signConsent,
  type Charter,
  type CharterRules,
  type Cut,
  type EntryPoint,
  type FeedId,
  type OpenEntry,
  type Party,
} from '../../src/identity/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { seededRandomness } from '../../../testkit/src/seeded-randomness.ts';

export const crypto: Crypto = createNullCrypto();
export const ROOT = new Uint8Array(16).fill(3);
export const random = seededRandomness(4);
export const newKey = (): SigningKey => crypto.signingKey(new Secret(random.bytes(32)));

/** A device that writes charter entries. */
export class Device {
  readonly key: SigningKey;
  readonly feed: FeedId;
  readonly root: Uint8Array;
  readonly said: OpenEntry[] = [];
  /** Whose device it is, once it is one. */
  member: Uint8Array = new Uint8Array(16);
  constructor(key = newKey(), root: Uint8Array = ROOT) {
    this.key = key;
    this.root = root;
    this.feed = feedIdOf(crypto, key.publicKey);
  }
  get at(): EntryPoint {
    const last = this.said.at(-1);
    return last === undefined ? firstEntryPoint(this.root) : entryPointAfter(last);
  }
  get party(): Party {
    return { root: this.root, member: this.member };
  }
  keep(bytes: Uint8Array): OpenEntry {
    const open = openEntry(crypto, bytes);
    if (open === undefined) throw new Error('does not open');
    this.said.push(open);
    return open;
  }
  begin(recovery: Uint8Array = random.bytes(32), root = this.root): OpenEntry {
    const begun = this.keep(
      createInception(crypto, { key: this.key, root, memberKind: 'human', recoveryKey: recovery, versions: [1] }),
    );
    if (begun.act.type === 'inception') this.member = begun.act.member;
    return begun;
  }
  add(other: Device, member = this.member): OpenEntry {
    if (!other.said.some(({ act }) => act.type === 'inception')) other.member = member;
    const consent = signConsent(crypto, other.key, this.root, member);
    return this.keep(createAddDevice(crypto, this.key, this.at, { device: other.key.publicKey, member, consent }));
  }
  /** Accepts what the other had said up to `head`, and `count` events of nothing. */
  remove(other: Device, head: OpenEntry | null, at = this.at): OpenEntry {
    const cut: Cut = {
      feed: other.feed,
      segment: null,
      count: 0,
      charterCount: head === null ? 0 : head.entry.seq + 1,
      charterHead: head?.hash ?? null,
    };
    return this.keep(createRemoval(crypto, this.key, at, { feed: other.feed, member: null, cuts: [cut] }));
  }
  witness(of: OpenEntry): OpenEntry {
    return this.keep(createWitness(crypto, this.key, this.at, { removal: of.hash }));
  }
  setWords(words: Uint8Array): OpenEntry {
    return this.keep(createRecovery(crypto, this.key, this.at, { member: this.member, recoveryKey: words }));
  }
  refuse(recovery: OpenEntry): OpenEntry {
    return this.keep(createRefusal(crypto, this.key, this.at, { recovery: recovery.hash }));
  }
  /** `by`: who may take in this device's member. Made alone, and carried by whatever comes by. */
  consentTo(by: Party): { readonly device: Uint8Array; readonly consent: Uint8Array } {
    return { device: this.key.publicKey, consent: signAbsorbConsent(crypto, this.key, by, this.party) };
  }
  absorb(other: Party, consent: ReturnType<Device['consentTo']>): OpenEntry {
    return this.keep(
      createAbsorb(crypto, this.key, this.at, {
        member: this.member,
        otherRoot: other.root,
        other: other.member,
        ...consent,
      }),
    );
  }
}

export const all = (...devices: Device[]): OpenEntry[] => devices.flatMap(({ said }) => said);
export const judge = (entries: readonly OpenEntry[], more: Partial<CharterRules> = {}): Charter =>
  evaluateCharter(entries, { roots: [ROOT], ...more });
export const stateOf = (charter: Charter, device: Device): string =>
  charter.members.flatMap(({ devices }) => devices).find(({ feed }) => toHex(feed) === toHex(device.feed))?.state ??
  'unknown';
/** All entries seen at 0, but for these. */
export const seen = (entries: readonly OpenEntry[], ...late: readonly (readonly [OpenEntry, number])[]) =>
  new Map<string, number>([
    ...entries.map((open) => [toHex(open.hash), 0] as const),
    ...late.map(([open, at]) => [toHex(open.hash), at] as const),
  ]);
/** A1 with A2, and B. A3 is nobody's yet. */
export const family = () => {
  const [a1, a2, a3, b] = [new Device(), new Device(), new Device(), new Device()] as const;
  a1.begin();
  b.begin();
  a1.add(a2);
  return { a1, a2, a3, b };
};
