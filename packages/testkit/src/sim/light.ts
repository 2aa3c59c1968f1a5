// Worlds as small as they may be, so that very many can be lived through: two people with three devices who know each
// other already, a relay, three days of short visits. How they met is a world of its own, and so are the first two days:
// each is lived through once for all worlds that follow on it. The third day is each world's own.
import { seededRandomness, type SeededRandomness } from '../seeded-randomness.ts';
import type { Weather } from '../memory-network.ts';
import { MEMBER_EVILS, THIEF_EVIL } from './evil-members.ts';
import { RELAY_EVILS } from './evil-relays.ts';
import { CALM_WEATHER, DAY, type Act, type Step, type WorldPlan } from './plan.ts';

/** So many worlds in a row follow from one beginning, and from two days after it. */
export const WORLDS_OF_ONE_BEGINNING = 500;
export const WORLDS_OF_SAME_DAYS = 50;
/** Nothing that is drawn for a beginning, or for two days, is drawn for a world again. */
const SEEDS_OF_BEGINNINGS = 2_000_000_000;
const SEEDS_OF_DAYS = 3_000_000_000;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAYS = 3;
/** How long texts with timers last. */
const TIMERS = [MINUTE, MINUTE, 12 * HOUR, 300 * DAY];
/** Nobody stays longer on the days that worlds share. */
const VISIT = 3 * MINUTE;
const PEOPLE = ['Alice', 'Bob'];

type Add = (at: number, act: Act) => void;
const plan = (
  seed: number,
  devices: readonly number[],
  endsAt: number,
  hasty: boolean,
  fill: (add: Add) => void,
): WorldPlan => {
  const steps: Step[] = [];
  fill((at, act) => void steps.push({ at: Math.floor(at), act }));
  return {
    seed,
    people: PEOPLE,
    devices,
    relays: 1,
    invites: [{ inviter: 0, reusable: false }],
    pairs: [{ invite: 0, acceptor: 1 }],
    evil: 'none',
    hasty,
    // What would be later, ends with the faults.
    steps: steps.filter(({ at }) => at <= endsAt).toSorted((a, b) => a.at - b.at),
    endsAt,
  };
};
const drawWeather = (random: SeededRandomness): Weather => ({
  loss: random.pick([0, 0.05, 0.2, 0.4]),
  pushLoss: random.pick([0, 0.1, 0.4, 1]),
  repeat: random.pick([0, 0.1, 0.3]),
  delayMin: random.pick([1, 20]),
  delayMax: random.pick([60, 300, 900]),
});
/** What was planned last stays as it is: worlds are recognised by their plans. */
const lastOf = (make: (number: number) => WorldPlan): ((number: number) => WorldPlan) => {
  let last: { readonly number: number; readonly plan: WorldPlan } | undefined;
  return (number) => {
    if (last?.number !== number) last = { number, plan: make(number) };
    return last.plan;
  };
};

/** Two people meet, and one of them links a device: with the faults of an ordinary evening. */
export const planBeginning = lastOf((beginning) => {
  const seed = SEEDS_OF_BEGINNINGS + beginning;
  const random = seededRandomness(seed).fork('beginning');
  const devices = [0, 1, random.int(2)];
  const world = plan(seed, devices, 3 * MINUTE, false, (add) => {
    add(0, { type: 'weather', weather: random.fraction() < 0.4 ? CALM_WEATHER : drawWeather(random) });
    for (const who of devices.keys()) add(random.fraction() * 2 * SECOND, { type: 'start', who, online: true });
    for (const at of [1, 3, 5, 9, 15, 30, 60]) add(at * SECOND, { type: 'meet', pair: 0 });
    for (const at of [4, 8, 20, 50, 80, 110])
      add(at * SECOND, { type: 'link', host: devices[2] as number, who: 2, recent: random.fraction() < 0.2 });
    // No wipe: an offer that is lost with a relay is made again by people, not by devices.
    if (random.fraction() < 0.3) {
      const who = random.int(devices.length);
      const at = random.fraction() * MINUTE;
      add(at, { type: 'crash', who });
      add(at + random.fraction() * 20 * SECOND, { type: 'start', who, online: true });
    }
  });
  return { ...world, linksAll: true };
});

/** Most of three days after it: long visits, on which most is written. */
export const planDays = lastOf((number) => {
  const before = planBeginning(Math.floor((number * WORLDS_OF_SAME_DAYS) / WORLDS_OF_ONE_BEGINNING));
  const { devices } = before;
  const seed = SEEDS_OF_DAYS + number;
  const random = seededRandomness(seed).fork('days');
  const hasty = random.fraction() < 0.2;
  // Mostly they come back soon: after hours each evening would make the same sessions anew.
  const minutes = random.fraction() < 0.8 ? 3 + random.int(5) : 10 + random.int(700);
  const endsAt = DAYS * DAY - minutes * MINUTE;
  let evil: WorldPlan['evil'] = 'none';
  const days = plan(seed, devices, endsAt, hasty, (add) => {
    const times = [0, 1].map((day) => day * DAY + (2 + random.fraction() * 16) * HOUR);
    for (const time of times) {
      if (random.fraction() < 0.8) add(time - MINUTE, { type: 'weather', weather: drawWeather(random) });
      for (const who of devices.keys()) {
        if (random.fraction() >= (hasty && who < PEOPLE.length ? 0.9 : 0.55)) continue;
        // Mostly at one time, so that they also talk live.
        const at = time + (random.fraction() < 0.4 ? 3 * HOUR * random.fraction() : 5 * SECOND * random.fraction());
        planVisit(random, add, who, at, 6 + random.int(7), false);
      }
    }
    planTrouble(random, add, devices.length, times, endsAt - 10 * MINUTE, 0.75);
    evil = planEvil(seededRandomness(seed).fork('evil'), add, devices, times);
    // Mostly all have heard of it by the end: otherwise each evening begins with the same days to be read.
    if (random.fraction() < 0.97) {
      const late = endsAt - 4 * MINUTE;
      add(late - MINUTE, { type: 'weather', weather: CALM_WEATHER });
      add(late - MINUTE, { type: 'evil', relay: 0, evil: null });
      add(late - MINUTE, { type: 'relay', relay: 0, act: 'start' });
      // Whoever comes again has read what was pushed to it, and each evening need not read it anew.
      for (const at of [late, late + 2 * MINUTE])
        for (const who of devices.keys()) {
          add(at, { type: 'start', who, online: true });
          add(at + 1.5 * MINUTE, { type: 'stop', who });
        }
    }
  });
  return { ...days, steps: withEnds(days.steps, endsAt), before, evil, goesOn: true };
});

/** Whoever came for something goes again: hours of looking for what is new are all the same. */
const withEnds = (steps: readonly Step[], endsAt: number): readonly Step[] => {
  const ends = steps.flatMap(({ at, act }, i): readonly Step[] => {
    if (act.type !== 'start' || at + VISIT > endsAt) return [];
    const next = steps.find(
      (other, j) =>
        j > i &&
        (other.act.type === 'stop' || other.act.type === 'crash' || other.act.type === 'start') &&
        other.act.who === act.who,
    );
    return next !== undefined && next.at <= at + VISIT ? [] : [{ at: at + VISIT, act: { type: 'stop', who: act.who } }];
  });
  return [...steps, ...ends].toSorted((a, b) => a.at - b.at);
};

/** The evening of the third day. */
export const planLight = (seed: number): WorldPlan => {
  const before = planDays(Math.floor(seed / WORLDS_OF_SAME_DAYS));
  const { devices, hasty } = before;
  const random = seededRandomness(seed).fork('light');
  let evil: WorldPlan['evil'] = 'none';
  const endsAt = DAYS * DAY - before.endsAt;
  const light = plan(seed, devices, endsAt, hasty, (add) => {
    const evening = endsAt - (20 + random.fraction() * 40) * SECOND;
    add(evening - MINUTE, { type: 'weather', weather: random.fraction() < 0.2 ? CALM_WEATHER : drawWeather(random) });
    // Most of those who come are still there when the faults end.
    for (const who of devices.keys()) {
      if (random.fraction() >= 0.55) continue;
      const isLate = random.fraction() < 0.1;
      const at = evening + (isLate ? -MINUTE : 5 * SECOND) * random.fraction();
      planVisit(
        random,
        add,
        who,
        at,
        random.fraction() < 0.6 ? 1 + random.int(3) : 0,
        !isLate && random.fraction() < 0.9,
      );
    }
    planTrouble(random, add, devices.length, [evening], endsAt, 0.25);
    const stolen = stolenOf(before);
    if (stolen === undefined) evil = planEvil(seededRandomness(seed).fork('evil'), add, devices, [evening]);
    else {
      evil = 'thief';
      planThief(add, stolen, Math.floor(evening));
    }
  });
  return { ...light, before, evil };
};

/** `count`: how many texts. */
const planVisit = (
  random: SeededRandomness,
  add: Add,
  who: number,
  at: number,
  count: number,
  stays: boolean,
): void => {
  add(at, { type: 'start', who, online: stays || random.fraction() < 0.95 });
  // Mostly all of it at once, as written on a train.
  const written = at + (2 + random.fraction() * 6) * SECOND;
  if (count > 0) add(written, { type: 'burst', who, pair: 0, count, size: random.int(80) });
  if (random.fraction() < 0.15)
    add(written, { type: 'timed', who, pair: 0, size: random.int(40), lasts: random.pick(TIMERS) });
  const luck = random.fraction();
  const then = written + random.fraction() * 6 * SECOND;
  if (luck < 0.05) add(then, { type: 'reply', who, pair: 0, luck: random.fraction() });
  else if (luck < 0.1)
    add(then, { type: 'react', who, pair: 0, luck: random.fraction(), off: random.fraction() < 0.3 });
  else if (luck < 0.15) add(then, { type: 'edit', who, pair: 0, luck: random.fraction() });
  else if (luck < 0.19) add(then, { type: 'hide', who, pair: 0, luck: random.fraction() });
  else if (luck < 0.23) add(then, { type: 'retract', who, pair: 0, luck: random.fraction() });
  else if (luck < 0.3) add(then, { type: 'read', who, pair: 0 });
  else if (luck < 0.33) add(then, { type: 'draft', who, pair: 0 });
  else if (luck < 0.36) add(then, { type: 'name', who });
  else if (luck < 0.38) {
    add(then, { type: 'block', who, pair: 0, on: true });
    add(then + 3 * SECOND, { type: 'block', who, pair: 0, on: false });
  }
  if (stays) return;
  const end = written + (3 + random.fraction() * 12) * SECOND;
  add(end, { type: random.fraction() < 0.5 ? 'stop' : 'crash', who });
};

/** What goes wrong until `end`: mostly at the `times` at which people come. `wipe`: how likely the relay loses all then. */
const planTrouble = (
  random: SeededRandomness,
  add: Add,
  devices: number,
  times: readonly number[],
  end: number,
  wipe: number,
): void => {
  const busy = (): number => random.pick(times) + random.fraction() * 12 * SECOND;
  if (random.fraction() < wipe) add(busy(), { type: 'relay', relay: 0, act: 'wipe' });
  if (random.fraction() < wipe / 3) add(random.fraction() * end, { type: 'relay', relay: 0, act: 'wipe' });
  if (random.fraction() < 0.06) {
    const at = busy();
    add(at, { type: 'relay', relay: 0, act: 'stop' });
    add(at + random.fraction() * 10 * SECOND, { type: 'relay', relay: 0, act: 'start' });
  }
  if (random.fraction() < 0.025) add(random.fraction() * end, { type: 'relay', relay: 0, act: 'replace' });
  const who = random.int(devices);
  if (random.fraction() < 0.07)
    add(busy(), { type: 'cut', who, writes: 1 + random.int(60), atEnd: random.fraction() < 0.4 });
  const last = times.at(-1) as number;
  const luck = random.fraction();
  if (luck < 0.025) add(0, { type: 'clock', who, offset: Math.floor((random.fraction() - 0.5) * 2 * DAY) });
  else if (luck < 0.055) {
    const at = busy();
    add(at - 5 * SECOND, { type: 'start', who, online: true });
    add(at, { type: 'connect', who, on: false });
    add(at + random.fraction() * 20 * SECOND, { type: 'connect', who, on: true });
  } else if (luck < 0.09) {
    add(last, { type: 'start', who, online: true });
    add(last + random.fraction() * 12 * SECOND, {
      type: 'disk',
      who,
      kind: random.pick(['full', 'io'] as const),
      count: 1 + random.int(3),
    });
  } else if (luck < 0.115) {
    add(random.fraction() * last, { type: 'copy', who });
    const at = last + random.fraction() * 12 * SECOND;
    add(at, { type: 'restore', who });
    // It writes before anybody can have heard that it came back.
    add(at + SECOND, { type: 'start', who, online: true });
    add(at + SECOND, { type: 'burst', who, pair: 0, count: 1 + random.int(3), size: 20 });
  } else if (luck < 0.14) add(last + random.fraction() * 12 * SECOND, { type: 'lose', who });
  else if (luck < 0.16) {
    add(last, { type: 'start', who, online: true });
    for (const target of [0, 1, 2].filter((one) => one !== who))
      add(last + 8 * SECOND, { type: 'revoke', who, target, refuse: random.fraction() < 0.2 });
    add(last + 15 * SECOND, { type: 'crash', who });
  } else if (luck < 0.3) {
    const at = busy();
    add(at, { type: 'crash', who });
    add(at + random.fraction() * 5 * SECOND, { type: 'start', who, online: true });
  }
};

/** In half of the worlds somebody means ill, on the third day or on the two before. */
const planEvil = (
  random: SeededRandomness,
  add: Add,
  devices: readonly number[],
  times: readonly number[],
): WorldPlan['evil'] => {
  const luck = random.fraction();
  if (luck < 0.6) return 'none';
  const time = random.pick(times);
  if (luck < 0.78) {
    const who = random.int(devices.length);
    add(time, { type: 'start', who, online: true });
    add(0, { type: 'member', who, evil: random.pick(MEMBER_EVILS) });
    add(time + SECOND * 10, { type: 'burst', who, pair: 0, count: 1 + random.int(3), size: random.int(40) });
    // Somebody who got it goes on talking.
    const other = (who + 1 + random.int(devices.length - 1)) % devices.length;
    add(time + MINUTE, { type: 'start', who: other, online: true });
    for (const wait of [10, 30, 50])
      add(time + MINUTE + wait * SECOND, { type: 'burst', who: other, pair: 0, count: 1 + random.int(3), size: 8 });
    return 'member';
  }
  if (luck < 0.965) {
    const at = time - MINUTE;
    const until = at + MINUTE + random.fraction() * (random.fraction() < 0.7 ? MINUTE : DAY);
    if (random.fraction() < 0.12) {
      const offset = Math.floor((random.fraction() - 0.5) * random.pick([2 * HOUR, 4 * DAY, 600 * DAY]));
      add(at, { type: 'relay clock', relay: 0, offset });
      add(until, { type: 'relay clock', relay: 0, offset: 0 });
    } else {
      add(at, { type: 'evil', relay: 0, evil: random.pick(RELAY_EVILS) });
      add(until, { type: 'evil', relay: 0, evil: null });
    }
    return 'relay';
  }
  const [who, by] = random.fraction() < 0.5 ? [2, devices[2] as number] : [devices[2] as number, 2];
  const first = times[0] as number;
  const at = first - MINUTE;
  add(at, { type: 'steal', who });
  if (random.fraction() < 0.5) add(at, { type: 'member', who, evil: THIEF_EVIL });
  add(at + SECOND, { type: 'start', who, online: true });
  add(at + 4 * SECOND, { type: 'burst', who, pair: 0, count: 1 + random.int(3), size: 20 });
  const removed = first + 20 * SECOND * random.fraction();
  // Mostly it is off when it is taken out.
  add(at + 20 * SECOND, { type: 'crash', who });
  if (random.fraction() < 0.3) add(removed - 4 * SECOND, { type: 'start', who, online: true });
  add(removed - SECOND, { type: 'start', who: by, online: true });
  add(removed, { type: 'revoke', who: by, target: who, refuse: false });
  if (times.length > 1) add(removed + 30 * SECOND, { type: random.fraction() < 0.5 ? 'stop' : 'crash', who: by });
  for (const then of [removed + 10, ...times.slice(1).map((one) => one + SECOND)]) planThief(add, who, then);
  return 'thief';
};
/** A thief goes on with a client that hears nothing of its removal. */
const planThief = (add: Add, who: number, at: number): void => {
  add(at, { type: 'deafen', who });
  add(at, { type: 'start', who, online: true });
  add(at + 3 * SECOND, { type: 'burst', who, pair: 0, count: 1 + (Math.floor(at) % 3), size: 20 });
  add(at + 20 * SECOND, { type: 'crash', who });
};
const stolenOf = ({ steps }: WorldPlan): number | undefined =>
  steps.flatMap(({ act }) => (act.type === 'steal' ? [act.who] : []))[0];
