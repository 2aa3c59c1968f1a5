// Worlds as small as they may be, so that very many can be lived through: two people with three devices who know each
// other already, a relay, three days of short visits. How they met is a world of its own, lived through once for all
// worlds that follow from it.
import { seededRandomness, type SeededRandomness } from '../seeded-randomness.ts';
import type { Weather } from '../memory-network.ts';
import { MEMBER_EVILS } from './evil-members.ts';
import { RELAY_EVILS } from './evil-relays.ts';
import { CALM_WEATHER, DAY, type Act, type Step, type WorldPlan } from './plan.ts';

/** So many worlds in a row follow from one beginning. */
export const WORLDS_OF_ONE_BEGINNING = 50;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAYS = 3;
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
/** Whose the third device is, and whether they publish after a day. */
const drawPeople = (beginning: number): { readonly devices: readonly number[]; readonly hasty: boolean } => {
  const random = seededRandomness(beginning).fork('people');
  return { devices: [0, 1, random.int(2)], hasty: random.fraction() < 0.2 };
};

/** Two people meet, and one of them links a device: with the faults of an ordinary evening. */
export const planBeginning = (beginning: number): WorldPlan => {
  const { devices, hasty } = drawPeople(beginning);
  const random = seededRandomness(beginning).fork('beginning');
  return plan(beginning, devices, 3 * MINUTE, hasty, (add) => {
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
};

/** Three days after it. */
export const planLight = (seed: number): WorldPlan => {
  const after = Math.floor(seed / WORLDS_OF_ONE_BEGINNING);
  const { devices, hasty } = drawPeople(after);
  const random = seededRandomness(seed).fork('light');
  let evil: WorldPlan['evil'] = 'none';
  const light = plan(seed, devices, DAYS * DAY, hasty, (add) => {
    const evening = DAYS * DAY - (20 + random.fraction() * 40) * SECOND;
    const times = [0, 1].map((day) => day * DAY + (2 + random.fraction() * 16) * HOUR).concat(evening);
    for (const time of times) {
      if (random.fraction() < 0.8)
        add(time - MINUTE, { type: 'weather', weather: random.fraction() < 0.2 ? CALM_WEATHER : drawWeather(random) });
      // Before the last evening only some come, or daily when they publish soon; mostly at one time, so that they also talk
      // live. Most of those who come last are still there when the faults end.
      const often = time === evening ? 0.95 : 0.35;
      for (const who of devices.keys()) {
        if (random.fraction() >= (hasty && who < PEOPLE.length ? 0.9 : often)) continue;
        const isLate = random.fraction() < (time === evening ? 0.15 : 0.4);
        const at = time + (isLate ? (time === evening ? -3 * HOUR : 3 * HOUR) : 5 * SECOND) * random.fraction();
        planVisit(random, add, who, at, time === evening && !isLate && random.fraction() < 0.9);
      }
    }
    planTrouble(random, add, devices.length, times);
    evil = planEvil(seededRandomness(seed).fork('evil'), add, devices, times);
  });
  return { ...light, after, evil };
};

const planVisit = (random: SeededRandomness, add: Add, who: number, at: number, stays: boolean): void => {
  add(at, { type: 'start', who, online: stays || random.fraction() < 0.95 });
  // Mostly all of it at once, as written on a train.
  const written = at + (2 + random.fraction() * 6) * SECOND;
  add(written, { type: 'burst', who, pair: 0, count: 5 + random.int(8), size: random.int(80) });
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

const planTrouble = (random: SeededRandomness, add: Add, devices: number, times: readonly number[]): void => {
  const busy = (): number => random.pick(times) + random.fraction() * 12 * SECOND;
  if (random.fraction() < 0.85) add(busy(), { type: 'relay', relay: 0, act: 'wipe' });
  if (random.fraction() < 0.2) add(random.fraction() * DAYS * DAY, { type: 'relay', relay: 0, act: 'wipe' });
  if (random.fraction() < 0.1) {
    const at = busy();
    add(at, { type: 'relay', relay: 0, act: 'stop' });
    add(at + random.fraction() * 10 * SECOND, { type: 'relay', relay: 0, act: 'start' });
  }
  if (random.fraction() < 0.04) add(random.fraction() * DAYS * DAY, { type: 'relay', relay: 0, act: 'replace' });
  const who = random.int(devices);
  if (random.fraction() < 0.08)
    add(busy(), { type: 'cut', who, writes: 1 + random.int(200), atEnd: random.fraction() < 0.4 });
  const luck = random.fraction();
  if (luck < 0.05) add(0, { type: 'clock', who, offset: Math.floor((random.fraction() - 0.5) * 2 * DAY) });
  else if (luck < 0.11) {
    const at = busy();
    add(at, { type: 'connect', who, on: false });
    add(at + random.fraction() * 20 * SECOND, { type: 'connect', who, on: true });
  } else if (luck < 0.17)
    // In the evening, when most are there.
    add((times[2] as number) + random.fraction() * 12 * SECOND, {
      type: 'disk',
      who,
      kind: random.pick(['full', 'io'] as const),
      count: 1 + random.int(3),
    });
  else if (luck < 0.22) {
    add(random.fraction() * (times[1] as number), { type: 'copy', who });
    add((times[1] as number) + random.fraction() * DAY, { type: 'restore', who });
  } else if (luck < 0.28) add(times[1] as number, { type: 'lose', who });
  else if (luck < 0.33) {
    const at = times[1] as number;
    add(at, { type: 'start', who, online: true });
    for (const target of [0, 1, 2].filter((one) => one !== who))
      add(at + 8 * SECOND, { type: 'revoke', who, target, refuse: random.fraction() < 0.2 });
    add(at + 30 * SECOND, { type: 'crash', who });
  }
};

/** In half of the worlds somebody means ill. */
const planEvil = (
  random: SeededRandomness,
  add: Add,
  devices: readonly number[],
  times: readonly number[],
): WorldPlan['evil'] => {
  const luck = random.fraction();
  if (luck < 0.44) return 'none';
  if (luck < 0.56) {
    add(0, { type: 'member', who: random.int(devices.length), evil: random.pick(MEMBER_EVILS) });
    return 'member';
  }
  if (luck < 0.9) {
    const at = random.pick(times) - MINUTE;
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
  const at = (times[0] as number) + 2 * MINUTE;
  add(at, { type: 'steal', who });
  add(at + SECOND, { type: 'start', who, online: true });
  add(at + 4 * SECOND, { type: 'burst', who, pair: 0, count: 1 + random.int(3), size: 20 });
  const removed = (times[1] as number) + 20 * SECOND * random.fraction();
  // Mostly it is off when it is taken out.
  add(at + 20 * SECOND, { type: 'crash', who });
  if (random.fraction() < 0.3) add(removed - 4 * SECOND, { type: 'start', who, online: true });
  add(removed - SECOND, { type: 'start', who: by, online: true });
  add(removed, { type: 'revoke', who: by, target: who, refuse: false });
  add(removed + 30 * SECOND, { type: random.fraction() < 0.5 ? 'stop' : 'crash', who: by });
  for (const then of [removed + 10, removed + HOUR, (times[2] as number) + SECOND]) {
    add(then, { type: 'deafen', who });
    add(then, { type: 'start', who, online: true });
    add(then + 3 * SECOND, { type: 'burst', who, pair: 0, count: 1 + random.int(3), size: 20 });
    add(then + 20 * SECOND, { type: 'crash', who });
  }
  return 'thief';
};
