// A removal, and a removal that answers it.
import { toHex } from '@kith/core/bytes';
import { createRemoval } from '@kith/core/identity';
import type { SimDevice } from '@kith/testkit/sim-device';
import { takeOver } from './hostile.ts';
import { link } from './linked.ts';
import { pair, world } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A1 took A2 out; `after` days later the thief who has A2 answers with a removal of A1, which names nothing later than that. */
export const answered = (seed: number, after: number) => {
  const here = world(seed);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  link(here, a1, a2);
  here.clock.advance(2 * HOUR);
  a2.crash();
  a1.call('device.revoke', { device: a1.call('device.list', {}).find(({ name }) => name === 'a2')?.device ?? '' });
  const talk = (days: number): void => {
    for (let day = 0; day < days; day++) {
      a1.call('send', { conversation, text: `a, day ${day}` });
      b.call('send', { conversation, text: `b, day ${day}` });
      here.clock.advance(DAY);
    }
  };
  talk(after);
  const thief = takeOver(here, a2, conversation);
  const own = thief.pair.log.device();
  const victim = thief.pair.log
    .charter()
    .members.flatMap(({ id, devices }) => (toHex(id) === toHex(thief.pair.me) ? devices : []))
    .find(({ feed }) => own !== undefined && toHex(feed) !== toHex(own.feed));
  if (victim === undefined) throw new Error('nobody to remove');
  const { entry } = thief.pair.log.appendEntry(
    (key, at) =>
      createRemoval(thief.crypto, key, at, {
        feed: victim.feed,
        member: null,
        cuts: thief.pair.log.cutsHere(victim.feed),
      }),
    here.clock.now(),
  );
  thief.say([{ type: 'objects', objects: [{ type: 'entry', entry }] }]);
  here.clock.advance(2 * HOUR);
  const disputed = (of: SimDevice): number =>
    of.call('contact.devices', { conversation }).filter((one) => one.disputed).length;
  const contested = (of: SimDevice): number =>
    of.call('recovery.state', {}).contested.filter((one) => one.conversation === conversation).length;
  return { here, a1, b, conversation, talk, disputed, contested };
};
