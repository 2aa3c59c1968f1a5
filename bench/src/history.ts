// A worker that fills homes whose engines are closed.
import { decode } from '@kith/core/codec';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { conversationFromName } from '@kith/core/identity';
import { frontierCodec } from '@kith/core/log';
import { encodePacket } from '@kith/core/sync';
import { openHome, type Home } from '@kith/platform-node';
import { systemRandomness } from '@kith/platform-node/system';
import { answer } from './child.ts';
import { numbers, textOf } from './words.ts';
import { openSide, take, timeOf, write, type Side } from './writing.ts';

/** What one of them writes before the other answers. */
const TURN = 25;
const PACKET_BYTES = 100_000;

export interface Conversation {
  readonly conversation: string;
  readonly root: Uint8Array;
}
const open = async (folder: string, { conversation, root }: Conversation): Promise<Side & { readonly home: Home }> => {
  const id = conversationFromName(conversation);
  if (id === undefined) throw new Error('no conversation');
  const home = openHome(folder);
  return { home, ...openSide(await createLibsodium(), systemRandomness, home.store, id, root) };
};
const turnOf = (next: () => number): readonly string[] => Array.from({ length: TURN }, () => textOf(next));

const methods = {
  /** Into both homes, by turns, Bob's first; the texts are those of `numbers(seed)`. Bob's home gets only his own. */
  async both({
    alice,
    bob,
    count,
    seed,
    ...rest
  }: Conversation & {
    readonly alice: string;
    readonly bob: string;
    readonly count: number;
    readonly seed: number;
  }): Promise<void> {
    const [mine, theirs] = await Promise.all([open(alice, rest), open(bob, rest)]);
    const next = numbers(seed);
    let arrived = 0;
    for (let i = 0; i < count; i += 2 * TURN) {
      const time = timeOf(i, count);
      write(theirs, turnOf(next), time, false);
      let { theyLack } = theirs.log.compare(mine.log.frontier());
      while (theyLack.length > 0) {
        const batch = theirs.store.transaction(() => theirs.log.read(theyLack, PACKET_BYTES));
        arrived += take(mine, batch.objects, theirs.feed, time + 60_000);
        theyLack = batch.left;
      }
      write(mine, turnOf(next), time + 120_000, true);
    }
    if (arrived < count / 2) throw new Error(`${arrived} of ${count / 2} texts arrived`);
    mine.home.close();
    theirs.home.close();
  },
  /** Bob writes half of `count`; the packets that bring it to a side with this frontier, and his feed. */
  async packets({
    bob,
    count,
    seed,
    frontier,
    ...rest
  }: Conversation & {
    readonly bob: string;
    readonly count: number;
    readonly seed: number;
    readonly frontier: Uint8Array;
  }) {
    const side = await open(bob, rest);
    const theirs = decode(frontierCodec, frontier);
    if (theirs === undefined) throw new Error('no frontier');
    const next = numbers(seed);
    for (let i = 0; i < count / 2; i += TURN) write(side, turnOf(next), timeOf(2 * i, count), false);
    const packets: Uint8Array[] = [];
    let { theyLack } = side.log.compare(theirs);
    while (theyLack.length > 0) {
      const batch = side.store.transaction(() => side.log.read(theyLack, PACKET_BYTES));
      packets.push(encodePacket([{ type: 'objects', objects: batch.objects }]));
      theyLack = batch.left;
    }
    side.home.close();
    return { packets, feed: new Uint8Array(side.feed) };
  },
};
export type HistoryWriter = typeof methods;
answer(methods);
