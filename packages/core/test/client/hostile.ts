// A contact whose client was changed: it holds real sessions and says whatever it likes in them.
import { concat } from '@kith/core/bytes';
import type { Crypto } from '@kith/core/crypto';
import { BUCKETS, silent } from '@kith/core/ports';
import type { SelfContent } from '@kith/core/conversation';
import { splitPacket } from '@kith/core/mailbox';
import { conversationFromName, type FeedId } from '@kith/core/identity';
import type { OwnDevice } from '@kith/core/log';
import { encodePacket, type Item } from '@kith/core/sync';
import { createNullAgreement, createNullCrypto } from '@kith/testkit/null-crypto';
import type { SimDevice } from '@kith/testkit/sim-device';
import { Context } from '../../src/client/context.ts';
import type { Conversation, Pair } from '../../src/client/conversation.ts';
import { Home } from '../../src/client/home.ts';
import { Sessions } from '../../src/client/sessions.ts';
import type { World } from './world.ts';

export interface Hostile {
  readonly crypto: Crypto;
  readonly pair: Pair;
  readonly self: Conversation;
  /** Feed of the device it talks to. */
  readonly peer: FeedId;
  readonly sessions: Sessions;
  /** Sends a packet with these items to every relay, live and into the hour bucket. */
  say(items: readonly Item[]): void;
  /** A hello with a KeyPackage of its own; from another device than its first when one is given. */
  hello(device?: Pick<OwnDevice, 'key' | 'feed'>): void;
  /** Writes into its own `self`; once its client runs again, the others read it. */
  tell(content: SelfContent): void;
  /** Puts cells as they are. */
  put(cells: readonly Uint8Array[]): void;
}
/** Takes over a device: its client ends, its keys serve the test. */
export const takeOver = (here: World, device: SimDevice, conversation: string): Hostile => {
  device.crash();
  const randomness = here.random.fork(`hostile ${device.name}`);
  const context = new Context({
    store: device.store,
    crypto: createNullCrypto(),
    randomness,
    clock: here.clock,
    logger: silent,
  });
  const home = new Home(context);
  home.resume(1);
  const id = conversationFromName(conversation);
  const pair = id === undefined ? undefined : home.pair(id);
  if (pair === undefined) throw new Error('no such conversation');
  const nothing = (): void => undefined;
  const sessions = new Sessions(context, { post: nothing, settled: nothing, ready: nothing, wake: nothing });
  const transport = here.network.transport({ allowed: here.relays.map(({ origin }) => origin) });
  const put: Hostile['put'] = (cells) => {
    for (const { origin } of here.relays) {
      transport.send(
        origin,
        { type: 'put', cells: cells.map((cell) => ({ cell, bucket: BUCKETS.hour, live: true })) },
        nothing,
      );
    }
  };
  const agreement = createNullAgreement(context.crypto, randomness);
  const [peer] = sessions.feeds(pair);
  if (peer === undefined) throw new Error('nobody to talk to');
  return {
    crypto: context.crypto,
    pair,
    self: home.mine,
    peer,
    sessions,
    put,
    tell: (content) => device.store.transaction(() => home.tell(content)),
    hello: (own = pair.log.device()) => {
      if (own === undefined) throw new Error('no device of its own');
      const prepared = agreement.run({ type: 'prepare', signer: own.key, identity: concat(pair.id, own.feed) });
      if (prepared instanceof Promise || prepared.type !== 'prepared') throw new Error('no KeyPackage');
      const cell = sessions.sealHello(pair, {
        type: 'hello',
        from: own.feed,
        to: peer,
        keyPackage: prepared.keyPackage,
        entry: null,
      });
      put(cell === undefined ? [] : [cell]);
    },
    say: (items) => {
      const bodies = splitPacket(randomness.bytes(8), encodePacket(items)) ?? [];
      put(
        device.store.transaction(() =>
          bodies.map((body) => sessions.seal(pair, body)).filter((cell) => cell !== undefined),
        ),
      );
    },
  };
};
