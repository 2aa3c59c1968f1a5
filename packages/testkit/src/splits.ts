// Two people with four devices each, split at random a hundred times: of each part some write and hear each other, and none of
// another part hears of it. Then all are together, and have to be equal. One seed decides everything.
import { logOf } from './schedules.ts';
import type { SimDevice } from './sim-device.ts';
import { simPeople } from './sim-people.ts';

export interface Split {
  readonly texts: number;
  /** Of all merges: parts that held devices of both people, and parts of more than one device. */
  readonly mixed: number;
  readonly shared: number;
  /** Every device shows every text, and what it shows is the same, byte for byte. */
  readonly equal: boolean;
}
const MINUTE = 60_000;
const EACH = 4;
/** What one call of `log` answers. */
const PAGE = 500;

export const runSplits = (seed: number, merges = 100): Split => {
  const { clock, random, relay, device, meet, join } = simPeople(seed);
  const all = ['a', 'b'].flatMap((person) => Array.from({ length: EACH }, (_, i) => device(`${person}${i}`)));
  const firsts = [all[0], all[EACH]] as readonly [SimDevice, SimDevice];
  const conversation = meet(...firsts);
  for (const [i, joining] of all.entries())
    if (i % EACH !== 0) join(firsts[Math.floor(i / EACH)] as SimDevice, joining);
  clock.advance(30 * MINUTE);

  const draw = random.fork('splits');
  let texts = 0;
  let mixed = 0;
  let shared = 0;
  for (let merge = 0; merge < merges; merge++) {
    // Between one part and all parts: each device goes into one of them.
    const count = 1 + Math.floor(draw.fraction() * all.length);
    const parts = Array.from({ length: count }, (): SimDevice[] => []);
    for (const one of all) parts[Math.floor(draw.fraction() * count)]?.push(one);
    for (const part of parts.filter(({ length }) => length > 0)) {
      if (new Set(part.map(({ name }) => name[0])).size > 1) mixed++;
      if (part.length > 1) shared++;
      for (const one of all) one.stop();
      // What other parts posted is not there for this one.
      relay.wipe();
      for (const one of part) one.start();
      for (const one of part) {
        if (draw.fraction() >= 0.5) continue;
        one.call('send', { conversation, text: `${one.name} ${merge}` });
        texts++;
      }
      clock.advance(Math.floor(draw.fraction() * 10 * MINUTE));
    }
  }
  relay.wipe();
  for (const one of all) one.start();
  const state = (one: SimDevice): string => {
    const newest = logOf(one, conversation);
    const [first] = newest as readonly { readonly event: string }[];
    const older = first === undefined ? [] : one.call('log', { conversation, limit: PAGE, before: first.event });
    return JSON.stringify([newest, older.map(({ event, text }) => [event, text])]);
  };
  const isWhole = (): boolean => {
    const states = all.map(state);
    return new Set(states).size === 1 && (states[0]?.match(/"[ab]\d \d+"/g) ?? []).length === texts;
  };
  let equal = isWhole();
  for (let i = 0; i < 90 && !equal; i++) {
    clock.advance(MINUTE);
    equal = isWhole();
  }
  for (const one of all) {
    if (one.failures.length > 0) throw one.failures[0];
    one.crash();
  }
  return { texts, mixed, shared, equal };
};
