// A contact's clock that was ahead, or lied: what it says later is heard all the same.
import type { EventId } from '@kith/core/identity';
import { expect, test } from 'vitest';
import { takeOver } from './hostile.ts';
import { pair, world } from './world.ts';

const DAY = 86_400_000;

test('a text is told to be delivered by a contact that was once dated far ahead, and said then that it holds what nobody has', () => {
  for (const ahead of [3 * DAY, 1000 * 365 * DAY]) {
    const here = world(7301);
    const [alice, bob] = [here.device('alice'), here.device('bob')];
    const conversation = pair(here, alice, bob);
    bob.call('send', { conversation, text: 'of Bob' });
    here.clock.advance(60_000);
    const changed = takeOver(here, bob, conversation);
    const honest = changed.pair.log.frontier();
    const own = changed.pair.log.ownFeed() ?? new Uint8Array(8);
    const feeds = honest.feeds.map((one) =>
      Buffer.from(one.feed).equals(Buffer.from(own))
        ? { ...one, count: one.count + 1, head: new Uint8Array(32).fill(7) as EventId }
        : one,
    );
    changed.say([
      { type: 'frontier', frontier: { ...honest, digest: new Uint8Array(16), feeds }, date: here.clock.now() + ahead },
    ]);
    here.clock.advance(60_000);
    bob.start();
    const { event } = alice.call('send', { conversation, text: 'and now?' });
    const state = (): unknown =>
      alice.call('log', { conversation, limit: 5 }).find((line) => line.event === event)?.state;
    expect(here.clock.runUntil(() => state() === 'delivered', 60 * 60_000)).toBe(true);
  }
});
