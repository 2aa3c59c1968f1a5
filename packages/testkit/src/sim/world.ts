// A world made of a plan: devices with the real engine, relays with their real rules, a network, clocks and disks.
import type { Crypto } from '@kith/core/crypto';
import type { Store } from '@kith/core/ports';
import type { PairKeyAgreement } from '@kith/core/session';
import { memoryNetwork, type MemoryNetwork, type MemoryRelay, type RelayKept } from '../memory-network.ts';
import { openMemoryStore, type MemoryStore } from '../memory-store.ts';
import { createNullAgreement, createNullCrypto } from '../null-crypto.ts';
import { seededRandomness, type SeededRandomness } from '../seeded-randomness.ts';
import { powerSwitch, type PowerSwitch } from '../power-cut.ts';
import { SimDevice } from '../sim-device.ts';
import { simClock, type SimClock } from '../sim-clock.ts';
import { deafNetwork } from './deaf.ts';
import { createEvilMembers, type EvilMembers } from './evil-members.ts';
import { createEvilRelays, type EvilRelays } from './evil-relays.ts';
import type { WorldPlan } from './plan.ts';
import type { Tally } from './tally.ts';
import { createTrace, type Trace } from './trace.ts';
import { createWatch, type Seen, type Watch } from './watch.ts';

/** Where a planted bug can sit: around any port of a device. */
export interface Wraps {
  readonly crypto?: (crypto: Crypto, device: number) => Crypto;
  /** Bytes a device draws; `run` counts its starts. */
  readonly randomness?: (random: SeededRandomness, device: number) => SeededRandomness;
  readonly store?: (store: MemoryStore, device: number) => Store;
  readonly network?: (network: MemoryNetwork) => MemoryNetwork;
  /** What a crash leaves instead of the disk. */
  readonly lost?: (device: number) => MemoryStore | undefined;
  /** Before a device starts again. */
  readonly start?: (device: number) => void;
}
export interface CryptoParts {
  readonly crypto: Crypto;
  agreement(crypto: Crypto, random: SeededRandomness): PairKeyAgreement;
}
/** Of a world that is over. */
export const keptOf = ({ clock, disks, relays, devices, watch, trace }: SimWorld): WorldKept => ({
  at: clock.now(),
  disks,
  relays: relays.map((relay) => relay.kept()),
  runs: devices.map(({ runs }) => runs),
  offsets: devices.map(({ offset }) => offset),
  seen: watch.all(),
  trace: trace.hash(),
});
export const NULL_CRYPTO: CryptoParts = { crypto: createNullCrypto(), agreement: createNullAgreement };

/** What is left of a world in which nothing runs any more: others may follow on it, as often as wanted. */
export interface WorldKept {
  readonly at: number;
  readonly disks: readonly MemoryStore[];
  readonly relays: readonly RelayKept[];
  /** How often each device ran. */
  readonly runs: readonly number[];
  /** How far its clock is off. */
  readonly offsets: readonly number[];
  readonly seen: Seen;
  readonly trace: string;
}
export interface SimWorld {
  readonly plan: WorldPlan;
  readonly clock: SimClock;
  readonly network: MemoryNetwork;
  readonly relays: readonly MemoryRelay[];
  readonly devices: readonly SimDevice[];
  /** The disk below each device, without anything planted. */
  readonly disks: MemoryStore[];
  readonly crypto: Crypto;
  readonly watch: Watch;
  readonly trace: Trace;
  /** Of each device. */
  readonly power: readonly PowerSwitch[];
  readonly evil: EvilRelays;
  readonly members: EvilMembers;
  /** Devices whose clients hear nothing. */
  readonly deaf: Set<number>;
  /** Puts another disk into a device that does not run. */
  replaceDisk(device: number, disk: MemoryStore): void;
}

/** Of small worlds one in so many hands on its messages over the codec of the wire, and copies what it reads of disks. */
const WIRE_IN = 8;
/** How busy machines are, in milliseconds. */
const LAGS = [0, 50, 200, 600];

const firstOf = (plan: WorldPlan): WorldPlan => (plan.before === undefined ? plan : firstOf(plan.before));
export const makeWorld = (
  plan: WorldPlan,
  tally: Tally,
  wraps: Wraps = {},
  parts: CryptoParts = NULL_CRYPTO,
  before?: WorldKept,
  wire: boolean = before === undefined || plan.seed % WIRE_IN === 0,
): SimWorld => {
  const clock = simClock(before?.at);
  const random = seededRandomness(plan.seed);
  const trace = createTrace();
  if (before !== undefined) trace.text(before.trace);
  const watch = createWatch((relay, request) => trace.request(clock.now(), relay, request), before?.seen);
  // Relays stay who they are.
  const keys = seededRandomness(firstOf(plan).seed).fork('network');
  const inner = memoryNetwork(clock, random.fork('network'), parts.crypto, { keys, wire });
  const origins = Array.from({ length: plan.relays }, (_, i) => `https://relay${i + 1}.test`);
  const relays = origins.map((origin, i) => inner.relay(origin, {}, before?.relays[i]));
  const evil = createEvilRelays(random.fork('evil'), (what) => tally.count(`evil relay: ${what}`));
  const members = createEvilMembers(random.fork('members'), (what) => tally.count(`evil member: ${what}`));
  const watched = watch.network(plan.evil === 'relay' ? evil.network(inner) : inner);
  const network = wraps.network?.(watched) ?? watched;
  const disks = plan.devices.map(
    (_, device) => before?.disks[device]?.clone({ lends: !wire }) ?? openMemoryStore({ lends: !wire }),
  );
  const cuts = new Set(plan.steps.flatMap(({ act }) => (act.type === 'cut' ? [act.who] : [])));
  const power = plan.devices.map(powerSwitch);
  const deaf = new Set<number>();
  const storeOf = (device: number): Store => {
    const disk = disks[device] as MemoryStore;
    const store = wraps.store?.(disk, device) ?? disk;
    return cuts.has(device) ? (power[device] as PowerSwitch).store(store) : store;
  };
  const devices = plan.devices.map((person, device) => {
    const own = random.fork(`device ${device}`);
    const watched = watch.crypto(parts.crypto);
    const watchedCrypto = plan.evil === 'member' || plan.evil === 'thief' ? members.crypto(watched, device) : watched;
    return new SimDevice({
      name: `${plan.people[person] as string}${device < plan.people.length ? '' : ` ${device + 1}`}`,
      clock,
      network: plan.evil === 'thief' ? deafNetwork(network, () => deaf.has(device)) : network,
      crypto: wraps.crypto?.(watchedCrypto, device) ?? watchedCrypto,
      randomness: wraps.randomness?.(own, device) ?? own,
      // Not watched: the stand-in for MLS uses its keys in its own way.
      agreement: parts.agreement(parts.crypto, random.fork(`agreement ${device}`)),
      relays: origins,
      store: storeOf(device),
      runs: before?.runs[device] ?? 0,
      offset: before?.offsets[device] ?? 0,
      lag: before === undefined ? 0 : own.fork('lag').pick(LAGS),
    });
  });
  return {
    plan,
    clock,
    network: inner,
    relays,
    devices,
    disks,
    power,
    evil,
    members,
    deaf,
    crypto: parts.crypto,
    watch,
    trace,
    replaceDisk: (device, disk) => {
      disks[device] = disk;
      (devices[device] as SimDevice).store = storeOf(device);
    },
  };
};
