// Two people with two devices each, and a fifth that joins half-way, on a random schedule: who is on, who writes, which
// relay forgets. In the end all logs are equal (S4.22). One seed decides everything.
import type { SimDevice } from './sim-device.ts';
import { simPeople } from './sim-people.ts';

export interface Scheduled {
  /** Of each device: its log without what only it knows. */
  readonly logs: ReadonlyMap<string, string>;
  readonly texts: number;
  readonly equal: boolean;
}
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** What one sees of a conversation, whoever's device it is. */
export const logOf = (device: SimDevice, conversation: string): readonly unknown[] =>
  device
    .call('log', { conversation, limit: 500 })
    .map(({ receivedAt: _, state: __, mine: ___, authorName: ____, reply, reactions, ...line }) => ({
      ...line,
      reply: reply?.event ?? null,
      reactions: reactions.map(({ emoji, count }) => [emoji, count]),
    }));

export const runSchedule = (seed: number, steps = 40): Scheduled => {
  const { clock, random, relay, device, meet, join } = simPeople(seed);
  const [a1, a2, b1, b2, a3] = [device('a1'), device('a2'), device('b1'), device('b2'), device('a3')];
  const conversation = meet(a1, b1);
  join(a1, a2);
  join(b1, b2);
  clock.advance(30 * MINUTE);

  const all = [a1, a2, b1, b2];
  const schedule = random.fork('schedule');
  let texts = 0;
  for (let i = 0; i < steps; i++) {
    if (i === Math.floor(steps / 2)) {
      a2.start();
      join(a2, a3);
      all.push(a3);
    }
    for (const one of all) {
      if (schedule.fraction() < 0.5) one.start();
      else one.stop();
    }
    if (schedule.fraction() < 0.2) relay.wipe();
    for (const one of all.filter(({ running }) => running)) {
      one.call('send', { conversation, text: `${one.name} ${i}` });
      texts++;
    }
    clock.advance(Math.floor(schedule.fraction() * HOUR));
  }
  for (const one of all) one.start();
  const logs = (): Map<string, string> =>
    new Map(all.map((one) => [one.name, JSON.stringify(logOf(one, conversation))]));
  const isEqual = (of: ReadonlyMap<string, string>): boolean => new Set(of.values()).size === 1;
  let now = logs();
  for (let i = 0; i < 90 && !isEqual(now); i++) {
    clock.advance(MINUTE);
    now = logs();
  }
  for (const one of all) {
    if (one.failures.length > 0) throw one.failures[0];
    one.crash();
  }
  const whole = (now.get('a1')?.match(/"kind":"text"/g) ?? []).length === Math.min(500, texts);
  return { logs: now, texts, equal: isEqual(now) && whole };
};
