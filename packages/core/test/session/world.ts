// Two devices, one bad network, and what must hold whatever happens: no message stays undecryptable for ever, no key is
// used twice under one nonce, and a stolen state opens nothing that was opened before. Everything follows from the
// seed.
import { concat, equalBytes, readUint32, toHex, uint32 } from '@kith/core/bytes';
import { Secret, type Crypto, type SigningKey } from '@kith/core/crypto';
import type { Randomness } from '@kith/core/ports';
import {
  addGeneration,
  canSend,
  decodeHelloState,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  loadSession,
  openBody,
  openSlots,
  renewalDue,
  sealBody,
  sealSlot,
  stepHello,
  type HelloInput,
  type HelloState,
  type PairKeyAgreement,
  type Session,
} from '@kith/core/session';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

export interface Counts {
  messages: number;
  seals: number;
  sessions: number;
  lost: number;
  duplicated: number;
  restored: number;
  rewound: number;
  crossings: number;
}
export const noCounts = (): Counts => ({
  messages: 0,
  seals: 0,
  sessions: 0,
  lost: 0,
  duplicated: 0,
  restored: 0,
  rewound: 0,
  crossings: 0,
});
/** What went wrong, or undefined. */
export type Verdict = string | undefined;

type Wire =
  | { readonly type: 'cell'; readonly tag: Uint8Array; readonly slot: Uint8Array; readonly body: Uint8Array }
  | { readonly type: 'hello'; readonly keyPackage: Uint8Array }
  | { readonly type: 'welcome'; readonly hello: Uint8Array; readonly welcome: Uint8Array; readonly leaf: Uint8Array };

/** What a home stores. */
interface Disk {
  readonly rows: ReadonlyMap<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;
  readonly hello: Uint8Array;
  readonly own: readonly number[];
  readonly got: ReadonlySet<number>;
  readonly peerHas: ReadonlySet<number>;
}
interface Device {
  readonly name: string;
  readonly signer: SigningKey;
  readonly identity: Uint8Array;
  disk: Disk;
  session: Session;
  hello: HelloState;
  /** A copy made earlier, to come back to. */
  copy: Disk | undefined;
  /** Cells opened since the last copy was taken up: a stolen state must not open them. */
  opened: (Wire & { readonly type: 'cell' })[];
  /** Ids of own hellos whose Welcome was joined. */
  joined: Set<string>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Says when a key meets a nonce for the second time. */
export const recordingCrypto = (crypto: Crypto, onSeal: () => void, onRepeat: () => void): Crypto => {
  const seen = new Set<string>();
  return {
    ...crypto,
    seal: (key, nonce, plaintext, associated) => {
      const pair = toHex(key) + toHex(nonce);
      onSeal();
      if (seen.has(pair)) onRepeat();
      seen.add(pair);
      return crypto.seal(key, nonce, plaintext, associated);
    },
  };
};

export const runWorld = async (
  seed: number,
  plain: Crypto,
  makeAgreement: (crypto: Crypto, randomness: Randomness) => PairKeyAgreement | Promise<PairKeyAgreement>,
  counts: Counts,
): Promise<Verdict> => {
  const chance = seededRandomness(seed);
  const fresh = chance.fork('keys');
  const randomness: Randomness = fresh;
  let verdict: Verdict;
  const fail = (what: string): void => {
    verdict ??= what;
  };
  // The agreement's own seals are under keys of their own making.
  const agreement = await makeAgreement(plain, randomness);
  const crypto = recordingCrypto(
    plain,
    () => counts.seals++,
    () => fail('a key was used twice under one nonce'),
  );
  let now = 1_800_000_000_000 + chance.int(1000) * HOUR;
  const net: { to: Device; wire: Wire }[] = [];
  const past: { to: Device; wire: Wire }[] = [];
  let nextMessage = 0;

  const makeDevice = (name: string): Device => ({
    name,
    signer: plain.signingKey(new Secret(fresh.bytes(32))),
    identity: fresh.bytes(24),
    disk: { rows: new Map(), hello: encodeHelloState(emptyHelloState()), own: [], got: new Set(), peerHas: new Set() },
    session: emptySession(),
    hello: emptyHelloState(),
    copy: undefined,
    opened: [],
    joined: new Set(),
  });
  const [a, b] = [makeDevice('a'), makeDevice('b')];
  const peerOf = (device: Device): Device => (device === a ? b : a);
  let loss = chance.pick([0, 0.1, 0.3, 0.6]);
  const post = (from: Device, wire: Wire): void => {
    const entry = { to: peerOf(from), wire };
    past.push(entry);
    if (chance.fraction() >= loss) net.push(entry);
    if (chance.fraction() < 0.1) net.push(entry);
  };

  const store = (
    device: Device,
    writes: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[],
  ): void => {
    const rows = new Map(device.disk.rows);
    for (const { key, value } of writes) {
      if (value === null) rows.delete(toHex(key));
      else rows.set(toHex(key), { key, value });
    }
    device.disk = { ...device.disk, rows };
  };
  const load = (device: Device): void => {
    const rows = [...device.disk.rows.values()];
    device.session = rows.length === 0 ? emptySession() : (loadSession(rows) as Session);
    device.hello = decodeHelloState(device.disk.hello) as HelloState;
  };

  const feed = async (device: Device, input: HelloInput): Promise<void> => {
    const peer = peerOf(device);
    const parties = {
      peerKey: peer.signer.publicKey,
      signer: device.signer,
      ownIdentity: device.identity,
      peerIdentity: peer.identity,
    };
    const { state, effects } = stepHello(device.hello, crypto, parties, input, now);
    device.hello = state;
    if (input.type === 'agreed' && input.result.type === 'joined') {
      if (input.job.job.type === 'join') device.joined.add(toHex(input.job.job.keyPackage));
    }
    device.disk = { ...device.disk, hello: encodeHelloState(device.hello) };
    for (const effect of effects) {
      switch (effect.type) {
        case 'agree': {
          const result = agreement.run(effect.job.job);
          await feed(device, {
            type: 'agreed',
            job: effect.job,
            result: result instanceof Promise ? await result : result,
          });
          break;
        }
        case 'postHello':
          if (peer.hello.own !== null) counts.crossings++;
          post(device, { type: 'hello', keyPackage: effect.keyPackage });
          break;
        case 'postWelcome':
          post(device, { type: 'welcome', hello: effect.hello, welcome: effect.welcome, leaf: effect.leaf });
          break;
        case 'generation': {
          const { seenPeer } = effect.generation;
          const step = addGeneration(device.session, effect.generation, now);
          device.session = step.session;
          store(device, step.writes);
          counts.sessions++;
          if (seenPeer) await send(device);
          break;
        }
        case 'wake':
          break;
      }
    }
  };

  /** One packet: all that the peer lacks as far as is known, and what one has oneself. */
  const send = async (device: Device): Promise<void> => {
    if (!canSend(device.session)) {
      await feed(device, { type: 'want', reason: 'first' });
      if (!canSend(device.session)) return;
    }
    const lacking = device.disk.own.filter((id) => !device.disk.peerHas.has(id));
    const packet = concat(uint32(lacking.length), ...lacking.map(uint32), ...Array.from(device.disk.got, uint32));
    const [tag, key] = [randomness.bytes(16), randomness.bytes(32)];
    const sealed = sealSlot(device.session, crypto, randomness, key, tag);
    if (sealed === undefined) throw new Error('canSend was wrong');
    device.session = sealed.session;
    store(device, sealed.writes);
    post(device, { type: 'cell', tag, slot: sealed.slot, body: sealBody(crypto, key, tag, packet) });
    if (renewalDue(device.session, device === a, now)) await feed(device, { type: 'want', reason: 'renew' });
  };

  const receive = async (device: Device, wire: Wire): Promise<void> => {
    if (wire.type === 'welcome') return feed(device, wire);
    if (wire.type === 'hello') {
      const heardAt = device.session.generations.findLast(({ seenPeer }) => seenPeer)?.madeAt ?? null;
      return feed(device, { ...wire, heardAt });
    }
    const opened = openSlots(device.session, crypto, [wire.slot], wire.tag, now);
    if (opened.type === 'duplicate') return;
    if (opened.type !== 'opened') {
      if (opened.type === 'rewound') counts.rewound++;
      await feed(device, { type: 'want', reason: 'lost' });
      return;
    }
    device.session = opened.session;
    store(device, opened.writes);
    device.opened.push(wire);
    const body = openBody(crypto, opened.bodyKey.expose(), wire.tag, wire.body);
    opened.bodyKey.wipe();
    if (body === undefined) return fail('an opened slot had a body that does not open');
    const count = readUint32(body, 0);
    const ids = Array.from({ length: body.length / 4 - 1 }, (_, i) => readUint32(body, 4 + 4 * i));
    device.disk = {
      ...device.disk,
      got: new Set([...device.disk.got, ...ids.slice(0, count)]),
      peerHas: new Set(ids.slice(count)),
    };
    const newest = device.session.generations.at(-1);
    if (newest !== undefined && equalBytes(newest.id, opened.generation)) await feed(device, { type: 'heard' });
  };
  const deliver = async (place: number): Promise<void> => {
    const [entry] = net.splice(place, 1);
    if (entry !== undefined) await receive(entry.to, entry.wire);
  };

  const restore = (device: Device, disk: Disk): void => {
    // What the copy does not know was written by another copy: only what is held now has to arrive.
    device.disk = disk;
    device.opened = [];
    device.joined = new Set();
    load(device);
    counts.restored++;
  };
  /** Someone takes the disk as it is now. */
  const steal = (device: Device): void => {
    const rows = [...device.disk.rows.values()];
    if (rows.length > 0) {
      const stolen = loadSession(rows) as Session;
      const opens = (wire: Wire & { readonly type: 'cell' }): boolean =>
        openSlots(stolen, plain, [wire.slot], wire.tag, now).type === 'opened';
      if (device.opened.slice(-20).some(opens)) fail('a stolen state opened an old cell');
    }
    const { own } = decodeHelloState(device.disk.hello) as HelloState;
    if (own !== null && device.joined.has(toHex(own.keyPackage))) fail('an init secret outlived its Welcome');
  };

  const steps = 30 + chance.int(40);
  for (let step = 0; step < steps && verdict === undefined; step++) {
    const device = chance.pick([a, b]);
    now += chance.pick([0, 100, MINUTE, MINUTE, 20 * MINUTE, HOUR, 30 * HOUR]);
    const what = chance.int(100);
    if (what < 35) {
      counts.messages++;
      device.disk = { ...device.disk, own: [...device.disk.own, nextMessage++] };
      await send(device);
    } else if (what < 75) {
      await deliver(chance.int(Math.min(net.length, 8)));
    } else if (what < 80) {
      const again = past[chance.int(past.length)];
      if (again !== undefined) {
        counts.duplicated++;
        await receive(again.to, again.wire);
      }
    } else if (what < 85) {
      counts.lost += net.splice(chance.int(net.length), 1 + chance.int(4)).length;
    } else if (what < 90) {
      load(device);
    } else if (what < 93) {
      device.copy = device.disk;
    } else if (what < 96) {
      const { copy } = device;
      // Sometimes the other copy lives on, to come back later.
      device.copy = chance.fraction() < 0.5 ? device.disk : copy;
      if (copy !== undefined) restore(device, copy);
    } else if (what < 98) {
      steal(device);
    } else {
      await feed(device, { type: 'tick' });
    }
  }
  // From now on the network keeps what it is given, and time goes by.
  loss = 0;
  const isComplete = (): boolean =>
    [a, b].every((device) => device.disk.own.every((id) => peerOf(device).disk.got.has(id)));
  for (let round = 0; round < 60 && verdict === undefined && !isComplete(); round++) {
    now += 2 * HOUR;
    for (const device of [a, b]) {
      await feed(device, { type: 'tick' });
      await send(device);
    }
    while (net.length > 0) await deliver(0);
  }
  if (verdict === undefined && !isComplete()) fail('a message stays undecryptable for ever');
  for (const device of [a, b]) steal(device);
  return verdict;
};
