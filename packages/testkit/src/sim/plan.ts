// What will happen in one simulated world, as data: one seed gives one plan. A step that makes no sense when its time
// comes (an edit before anything was written, a start of what runs) does nothing, so steps can be left out freely.
import { StoreError } from '@kith/core/ports';
import type { Weather } from '../memory-network.ts';
import { seededRandomness, type SeededRandomness } from '../seeded-randomness.ts';
import type { MemberEvil } from './evil-members.ts';
import { RELAY_EVILS, type RelayEvil } from './evil-relays.ts';

export type Act =
  | { readonly type: 'meet'; readonly pair: number }
  /** `luck` (0 to 1) chooses among what is there at that time. */
  | { readonly type: 'say'; readonly who: number; readonly pair: number; readonly size: number }
  /** Several at one moment: written while there was no network, or pasted. */
  | {
      readonly type: 'burst';
      readonly who: number;
      readonly pair: number;
      readonly count: number;
      readonly size: number;
    }
  /** A text that goes so many milliseconds after it was sent. */
  | {
      readonly type: 'timed';
      readonly who: number;
      readonly pair: number;
      readonly size: number;
      readonly lasts: number;
    }
  | { readonly type: 'reply'; readonly who: number; readonly pair: number; readonly luck: number }
  | {
      readonly type: 'react';
      readonly who: number;
      readonly pair: number;
      readonly luck: number;
      readonly off: boolean;
    }
  | { readonly type: 'edit'; readonly who: number; readonly pair: number; readonly luck: number }
  | { readonly type: 'hide'; readonly who: number; readonly pair: number; readonly luck: number }
  | { readonly type: 'retract'; readonly who: number; readonly pair: number; readonly luck: number }
  | { readonly type: 'read'; readonly who: number; readonly pair: number }
  | { readonly type: 'block'; readonly who: number; readonly pair: number; readonly on: boolean }
  | { readonly type: 'draft'; readonly who: number; readonly pair: number }
  | { readonly type: 'name'; readonly who: number }
  | { readonly type: 'start'; readonly who: number; readonly online: boolean }
  | { readonly type: 'stop'; readonly who: number }
  | { readonly type: 'crash'; readonly who: number }
  | { readonly type: 'connect'; readonly who: number; readonly on: boolean }
  /** At once, also while it runs. */
  | { readonly type: 'clock'; readonly who: number; readonly offset: number }
  /** The power goes at its next `writes`th write: within the transaction, or just after it. */
  | { readonly type: 'cut'; readonly who: number; readonly writes: number; readonly atEnd: boolean }
  | { readonly type: 'disk'; readonly who: number; readonly kind: StoreError['kind']; readonly count: number }
  | { readonly type: 'copy'; readonly who: number }
  | { readonly type: 'restore'; readonly who: number }
  /** `who` follows a link that `host` makes; several tries until it is in. */
  | { readonly type: 'link'; readonly host: number; readonly who: number; readonly recent: boolean }
  /** `who` takes `target` out; `refuse`: with all that it did. */
  | { readonly type: 'revoke'; readonly who: number; readonly target: number; readonly refuse: boolean }
  /** It lies in a river. */
  | { readonly type: 'lose'; readonly who: number }
  /** Somebody takes it away, and writes with it. */
  | { readonly type: 'steal'; readonly who: number }
  /** With a client that was changed to hear nothing, so that no removal stops it. */
  | { readonly type: 'deafen'; readonly who: number }
  | { readonly type: 'weather'; readonly weather: Weather }
  | { readonly type: 'relay'; readonly relay: number; readonly act: 'stop' | 'start' | 'wipe' | 'replace' }
  /** It lies from now on in this way; null: no more. */
  | { readonly type: 'evil'; readonly relay: number; readonly evil: RelayEvil | null }
  /** A device's client is a modified one from now on; null: no more. */
  | { readonly type: 'member'; readonly who: number; readonly evil: MemberEvil | null }
  /** Its clock goes wrong by so much. */
  | { readonly type: 'relay clock'; readonly relay: number; readonly offset: number };
export interface Step {
  /** Milliseconds after the world began. */
  readonly at: number;
  readonly act: Act;
}
export interface WorldPlan {
  readonly seed: number;
  /** Everything follows on this world (light.ts). */
  readonly before?: WorldPlan;
  /** Nobody waits for its end: faults go on in those that follow, and oracles are asked there. */
  readonly goesOn?: true;
  /** It does not end before each device that was to be linked is. */
  readonly linksAll?: true;
  readonly people: readonly string[];
  /** Whose each device is: an index of `people`. First one a person, in their order, then those that are linked later. */
  readonly devices: readonly number[];
  readonly relays: number;
  readonly invites: readonly { readonly inviter: number; readonly reusable: boolean }[];
  readonly pairs: readonly { readonly invite: number; readonly acceptor: number }[];
  readonly evil: 'none' | 'relay' | 'thief' | 'member';
  /** Publication after a day instead of a week, so that three days show it. */
  readonly hasty: boolean;
  readonly steps: readonly Step[];
  readonly endsAt: number;
}

/** What happens in a world, and in all that it follows on. */
export const allSteps = ({ steps, before }: WorldPlan): readonly Step[] =>
  before === undefined ? steps : [...allSteps(before), ...steps];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const DAYS = 3;
const PEOPLE = ['Alice', 'Bob', 'Carol'];
export const CALM_WEATHER: Weather = { loss: 0, pushLoss: 0, repeat: 0, delayMin: 5, delayMax: 60 };

const drawWeather = (random: SeededRandomness): Weather => {
  if (random.fraction() < 0.4) return CALM_WEATHER;
  return {
    loss: random.pick([0, 0.05, 0.2, 0.4]),
    pushLoss: random.pick([0, 0.1, 0.4, 1]),
    repeat: random.pick([0, 0.1, 0.3]),
    delayMin: random.pick([1, 20, 200]),
    delayMax: random.pick([300, 900, 5_000]),
  };
};
const drawSize = (random: SeededRandomness): number => {
  const luck = random.fraction();
  if (luck < 0.9) return random.int(120);
  return luck < 0.995 ? 1_000 + random.int(9_000) : 60_000;
};

export const planWorld = (seed: number): WorldPlan => {
  const random = seededRandomness(seed).fork('plan');
  const people = PEOPLE.slice(0, random.fraction() < 0.25 ? 3 : 2);
  const relays = 1 + random.int(2);
  const invites: { inviter: number; reusable: boolean }[] = [{ inviter: 0, reusable: random.fraction() < 0.25 }];
  const pairs: { invite: number; acceptor: number }[] = [{ invite: 0, acceptor: 1 }];
  if (people.length === 3) {
    if (invites[0]?.reusable === true) pairs.push({ invite: 0, acceptor: 2 });
    else {
      invites.push({ inviter: 1, reusable: random.fraction() < 0.25 });
      pairs.push({ invite: 1, acceptor: 2 });
    }
  }
  const steps: Step[] = [];
  const add = (at: number, act: Act): void => void steps.push({ at: Math.floor(at), act });
  const endsAt = DAYS * DAY;

  // When people sit down: mostly at common times, so that they also talk live.
  const common = Array.from({ length: DAYS * 2 }, (_, i) => (i / 2) * DAY + 8 * HOUR + random.fraction() * 5 * HOUR);
  for (const who of people.keys()) {
    const own = pairs.flatMap(({ invite, acceptor }, pair) =>
      acceptor === who || invites[invite]?.inviter === who ? [pair] : [],
    );
    for (const [i, time] of common.entries()) {
      // The first two are for meeting.
      if (i > 1 && random.fraction() < 0.25) continue;
      const begins =
        time + (random.fraction() < 0.6 ? random.fraction() * MINUTE : (random.fraction() - 0.5) * 4 * HOUR);
      const length = MINUTE + random.fraction() * 9 * MINUTE;
      planSitting(random, add, who, own, begins, length, i);
    }
  }
  planFaults(random, add, people.length, relays, endsAt, common);
  const devices = planDevices(
    seededRandomness(seed).fork('devices'),
    add,
    people.length,
    invites,
    pairs,
    common,
    endsAt,
  );
  const evil = planEvil(seededRandomness(seed).fork('evil'), add, { devices, relays, invites, pairs, common, endsAt });
  steps.sort((a, b) => a.at - b.at);
  return {
    seed,
    people,
    devices,
    relays,
    invites,
    pairs,
    evil,
    hasty: random.fraction() < 0.2,
    steps,
    endsAt,
  };
};

type Add = (at: number, act: Act) => void;
const planSitting = (
  random: SeededRandomness,
  add: Add,
  who: number,
  pairs: readonly number[],
  begins: number,
  length: number,
  turn: number,
): void => {
  add(begins, { type: 'start', who, online: random.fraction() < 0.95 });
  const acts = 3 + random.int(7);
  for (const pair of pairs) {
    for (let i = 0; i < (turn < 2 ? 6 : 2); i++) add(begins + ((i + 1) / 8) * length, { type: 'meet', pair });
    for (let i = 0; i < acts; i++) {
      // Runs of quick ones, so that several go in one packet.
      const at = begins + random.fraction() * length * 0.95;
      const luck = random.fraction();
      const kind = random.fraction();
      if (kind < 0.68) {
        const run = random.fraction() < 0.15 ? 1 + random.int(5) : 1;
        for (let n = 0; n < run; n++) add(at + n * 300, { type: 'say', who, pair, size: drawSize(random) });
      } else if (kind < 0.74) add(at, { type: 'reply', who, pair, luck });
      else if (kind < 0.81) add(at, { type: 'react', who, pair, luck, off: random.fraction() < 0.3 });
      else if (kind < 0.86) add(at, { type: 'edit', who, pair, luck });
      else if (kind < 0.89) add(at, { type: 'hide', who, pair, luck });
      else if (kind < 0.92) add(at, { type: 'retract', who, pair, luck });
      else if (kind < 0.96) add(at, { type: 'read', who, pair });
      else if (kind < 0.975) add(at, { type: 'draft', who, pair });
      else if (kind < 0.985) add(at, { type: 'name', who });
      else {
        add(at, { type: 'block', who, pair, on: true });
        add(at + random.fraction() * length, { type: 'block', who, pair, on: false });
      }
    }
  }
  if (random.fraction() < 0.15) add(begins + random.fraction() * length, { type: 'crash', who });
  if (random.fraction() < 0.12) {
    const at = begins + random.fraction() * length;
    add(at, { type: 'crash', who });
    add(at + random.fraction() * 20 * SECOND, { type: 'start', who, online: true });
  }
  const end = random.fraction();
  // A few leave it running.
  if (end < 0.72) add(begins + length, { type: 'stop', who });
  else if (end < 0.96) add(begins + length, { type: 'crash', who });
};

const planFaults = (
  random: SeededRandomness,
  add: Add,
  people: number,
  relays: number,
  endsAt: number,
  common: readonly number[],
): void => {
  const busy = (): number => random.pick(common) + random.fraction() * 10 * MINUTE;
  for (const time of common) add(time - 30 * MINUTE, { type: 'weather', weather: drawWeather(random) });
  for (let relay = 0; relay < relays; relay++) {
    const wipes = random.fraction() < 0.8 ? 1 + random.int(2) : 0;
    for (let i = 0; i < wipes; i++)
      add(random.fraction() < 0.5 ? busy() : random.fraction() * endsAt, { type: 'relay', relay, act: 'wipe' });
    if (random.fraction() < 0.1) add(random.fraction() * endsAt, { type: 'relay', relay, act: 'replace' });
    if (random.fraction() < 0.4) {
      const at = random.fraction() < 0.7 ? busy() : random.fraction() * endsAt;
      add(at, { type: 'relay', relay, act: 'stop' });
      add(at + random.fraction() * (random.fraction() < 0.8 ? 10 * MINUTE : 12 * HOUR), {
        type: 'relay',
        relay,
        act: 'start',
      });
    }
  }
  for (let who = 0; who < people; who++) {
    if (random.fraction() < 0.25)
      add(random.fraction() * DAY, { type: 'clock', who, offset: Math.floor((random.fraction() - 0.5) * 2 * DAY) });
    if (random.fraction() < 0.3) {
      const at = busy();
      add(at, { type: 'connect', who, on: false });
      add(at + random.fraction() * 10 * MINUTE, { type: 'connect', who, on: true });
    }
    if (random.fraction() < 0.15)
      add(busy(), { type: 'disk', who, kind: random.pick(['full', 'io'] as const), count: 1 + random.int(3) });
    if (random.fraction() < 0.3)
      add(busy(), { type: 'cut', who, writes: 1 + random.int(400), atEnd: random.fraction() < 0.4 });
    if (random.fraction() < 0.1) planCopy(random, add, who, busy(), endsAt);
  }
};
const planCopy = (random: SeededRandomness, add: Add, who: number, at: number, endsAt: number): void => {
  add(at, { type: 'copy', who });
  const later = random.fraction() < 0.4 ? at + random.fraction() * 5 * MINUTE : at + random.fraction() * (endsAt - at);
  add(later, { type: 'restore', who });
  if (random.fraction() < 0.5) add(later + 1, { type: 'start', who, online: true });
};

/** Further devices: when they come, who lets them in, when they are used, lost or taken out. */
const planDevices = (
  random: SeededRandomness,
  add: Add,
  people: number,
  invites: WorldPlan['invites'],
  pairs: WorldPlan['pairs'],
  common: readonly number[],
  endsAt: number,
): readonly number[] => {
  const devices = Array.from({ length: people }, (_, person) => person);
  for (let person = 0; person < people; person++) {
    const own = pairs.flatMap(({ invite, acceptor }, pair) =>
      acceptor === person || invites[invite]?.inviter === person ? [pair] : [],
    );
    const luck = random.fraction();
    const mine = [person];
    for (let more = luck < 0.45 ? 0 : luck < 0.85 ? 1 : 2; more > 0; more--) {
      const who = devices.length;
      const host = random.pick(mine);
      devices.push(person);
      mine.push(who);
      const turn = random.int(4);
      const at = (common[turn] as number) + random.fraction() * 10 * MINUTE;
      add(at, { type: 'start', who: host, online: true });
      add(at, { type: 'start', who, online: true });
      const recent = random.fraction() < 0.2;
      for (let i = 0; i < 6; i++) add(at + i * MINUTE, { type: 'link', host, who, recent });
      add(at + random.fraction() * 20 * MINUTE, { type: random.fraction() < 0.5 ? 'stop' : 'crash', who });
      for (const [i, time] of common.entries()) {
        if (i < turn || random.fraction() < 0.3) continue;
        const begins =
          time + (random.fraction() < 0.6 ? 10 * MINUTE * random.fraction() : (random.fraction() - 0.5) * 4 * HOUR);
        planSitting(
          random,
          add,
          who,
          own,
          Math.max(at + 20 * MINUTE, begins),
          MINUTE + random.fraction() * 9 * MINUTE,
          2,
        );
      }
      if (random.fraction() < 0.15)
        planCopy(random, add, who, random.pick(common) + random.fraction() * 10 * MINUTE, endsAt);
      if (random.fraction() < 0.15)
        add(random.fraction() * DAY, { type: 'clock', who, offset: Math.floor((random.fraction() - 0.5) * 2 * DAY) });
    }
    if (mine.length === 1) continue;
    const late = (): number => (common[2] as number) + random.fraction() * (endsAt - (common[2] as number));
    if (random.fraction() < 0.35) {
      const target = random.pick(mine);
      const who = random.pick(mine.filter((one) => one !== target));
      const at = late();
      add(at, { type: 'start', who, online: true });
      add(at + 30 * SECOND, { type: 'revoke', who, target, refuse: random.fraction() < 0.2 });
    }
    if (random.fraction() < 0.2) add(late(), { type: 'lose', who: random.pick(mine) });
  }
  return devices;
};

/** More than half of the worlds have somebody in them who means ill. */
const planEvil = (
  random: SeededRandomness,
  add: Add,
  {
    devices,
    relays,
    invites,
    pairs,
    common,
    endsAt,
  }: Pick<WorldPlan, 'devices' | 'relays' | 'invites' | 'pairs' | 'endsAt'> & {
    readonly common: readonly number[];
  },
): WorldPlan['evil'] => {
  const luck = random.fraction();
  if (luck < 0.42) return 'none';
  const second = devices.findIndex((person, who) => who !== person);
  const hasSecond = second >= 0;
  if (luck < 0.82 || !hasSecond) {
    const relay = random.int(relays);
    for (let turns = 1 + random.int(3); turns > 0; turns--) {
      const at = random.pick(common) + (random.fraction() - 0.3) * HOUR;
      const until = at + random.fraction() * (random.fraction() < 0.7 ? 2 * HOUR : DAY);
      if (random.fraction() < 0.2) {
        const offset = Math.floor((random.fraction() - 0.5) * random.pick([2 * HOUR, 4 * DAY, 600 * DAY]));
        add(at, { type: 'relay clock', relay, offset });
        add(until, { type: 'relay clock', relay, offset: 0 });
      } else {
        add(at, { type: 'evil', relay, evil: random.pick(RELAY_EVILS) });
        add(until, { type: 'evil', relay, evil: null });
      }
    }
    return 'relay';
  }
  const person = devices[second] as number;
  const mine = devices.flatMap((whose, who) => (whose === person ? [who] : []));
  const own = pairs.flatMap(({ invite, acceptor }, pair) =>
    acceptor === person || invites[invite]?.inviter === person ? [pair] : [],
  );
  const who = random.pick(mine);
  const by = random.pick(mine.filter((one) => one !== who));
  const at = (common[3] as number) + random.fraction() * 6 * HOUR;
  add(at, { type: 'steal', who });
  const write = (from: number, times: number): void => {
    for (let i = 0; i < times; i++)
      for (const pair of own) add(from + MINUTE * (i + random.fraction()), { type: 'say', who, pair, size: 20 });
  };
  add(at + MINUTE, { type: 'start', who, online: true });
  write(at + 2 * MINUTE, 3);
  const removed = at + 10 * MINUTE + random.fraction() * Math.max(0, endsAt - at - 12 * HOUR);
  if (random.fraction() < 0.5) add(removed - MINUTE, { type: 'crash', who });
  add(removed - MINUTE, { type: 'start', who: by, online: true });
  add(removed, { type: 'revoke', who: by, target: who, refuse: false });
  for (let turns = 0; turns < 3; turns++) {
    const then = removed + 1 + turns * HOUR + random.fraction() * 10 * MINUTE;
    add(then, { type: 'deafen', who });
    add(then, { type: 'start', who, online: true });
    write(then, 2);
  }
  return 'thief';
};
