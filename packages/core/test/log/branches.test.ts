// Charters of copied devices: branches of one chain, held by different replicas, come together.
import { expect, test } from 'vitest';
import { Secret } from '../../src/crypto/index.ts';
import { createAddDevice, signConsent } from '../../src/identity/index.ts';
import { openConversationLog, type Differences, type Frontier } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import { CONVERSATION, everything, feedOf, openReplica, pair, ROOT, START, take, type Replica } from './people.ts';

const crypto = createNullCrypto();
const lets = (who: Replica, seed: number): void => {
  const device = who.log.device();
  if (device === undefined) throw new Error('not started');
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(seed)));
  const { member } = device;
  const consent = signConsent(crypto, key, ROOT, member);
  who.store.transaction(() =>
    who.log.appendEntry(
      (signer, at) => createAddDevice(crypto, signer, at, { device: key.publicKey, member, consent }),
      START,
    ),
  );
};
const entriesOf = (who: Replica): number => who.store.scan('entry').length;
const devicesOf = (who: Replica): number => who.log.charter().members.flatMap(({ devices }) => devices).length;
const frontierOf = (who: Replica): Frontier => who.store.transaction(() => who.log.frontier());
const compared = (who: Replica, theirs: Frontier): Differences => who.store.transaction(() => who.log.compare(theirs));
const handOver = (from: Replica, to: Replica, ranges: Differences['theyLack']): void => {
  const { objects } = from.store.transaction(() => from.log.read(ranges, 1e9));
  take(to, objects, 'own');
};
const give = (from: Replica, to: Replica): void => handOver(from, to, compared(from, frontierOf(to)).theyLack);
const ask = (from: Replica, to: Replica): void => handOver(from, to, compared(to, frontierOf(from)).iLack);

test.each([
  ['given', give],
  ['asked for', ask],
])('S4.23 branches of one charter chain of different lengths come together, whoever holds which: %s', (_, hand) => {
  for (const lengths of [
    [1, 1],
    [2, 1],
    [1, 3],
    [4, 2],
  ] as const) {
    const [alice, bob] = pair(crypto, 5);
    const third = openReplica(crypto, 77);
    take(third, everything(bob), feedOf(bob));
    // A copy of Alice's device, and the device itself: both let others in, and each is met by another replica.
    const store = alice.store.clone();
    const random = alice.random.fork('copy');
    const copy: Replica = {
      ...alice,
      store,
      log: openConversationLog({
        store,
        crypto,
        randomness: random,
        conversation: CONVERSATION,
        kind: 'pair',
        roots: [ROOT],
      }),
    };
    for (let i = 0; i < lengths[0]; i++) lets(alice, 100 + i);
    for (let i = 0; i < lengths[1]; i++) lets(copy, 200 + i);
    for (let round = 0; round < 3; round++) hand(alice, bob);
    for (let round = 0; round < 3; round++) hand(copy, third);
    for (const who of [alice, bob, copy, third]) {
      for (const other of [alice, bob]) {
        const device = other.log.device();
        if (device !== undefined) who.store.transaction(() => who.log.admit(device.member));
      }
    }
    for (let round = 0; round < 4; round++) {
      hand(bob, third);
      hand(third, bob);
    }
    const all = 2 + lengths[0] + lengths[1];
    expect([bob, third].map(entriesOf)).toEqual([all, all]);
    expect([bob, third].map(devicesOf)).toEqual([all, all]);
    const { iLack, theyLack } = compared(bob, frontierOf(third));
    expect([iLack, theyLack]).toEqual([[], []]);
  }
});
