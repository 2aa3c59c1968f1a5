// Writes into a browser's home while no engine has it.
import { fromBase64url, toBase64url } from '@kith/core/bytes';
import { encode } from '@kith/core/codec';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { conversationFromName, type FeedId } from '@kith/core/identity';
import { frontierCodec } from '@kith/core/log';
import { openSqlStore, type Store } from '@kith/core/ports';
import { decodePacket } from '@kith/core/sync';
import { readWebKey } from '../../packages/platform-web/src/web-key.ts';
import { openWebDatabase } from '../../packages/platform-web/src/web-sql.ts';
import { webRandomness } from '../../packages/platform-web/src/web-system.ts';
import { openSide, take, write, type Side } from '../src/writing.ts';

export type HistoryRequest =
  | { readonly type: 'open'; readonly conversation: string; readonly root: string }
  | {
      readonly type: 'take';
      readonly packets: readonly string[];
      readonly feed: string;
      readonly texts: readonly string[];
      readonly time: number;
    }
  | { readonly type: 'close' };
export type HistoryReply =
  | { readonly type: 'opened'; readonly frontier: string }
  | { readonly type: 'took'; readonly arrived: number }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly why: string };

/** As platform-web names the home of an app that gives no name. */
const HOME = 'home';
let store: Store | undefined;
let side: Side | undefined;

const bytesOf = (text: string): Uint8Array => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error('not base64url');
  return bytes;
};

const handle = async (request: HistoryRequest): Promise<HistoryReply> => {
  if (request.type === 'open') {
    const database = await openWebDatabase(`.kith-${HOME}`);
    const key = await readWebKey(`kith-${HOME}`);
    const conversation = conversationFromName(request.conversation);
    if (key?.wrap !== 'none' || conversation === undefined) throw new Error('there is no such home here');
    store = openSqlStore(() => database.open(key.key));
    side = openSide(await createLibsodium(), webRandomness, store, conversation, bytesOf(request.root));
    return { type: 'opened', frontier: toBase64url(encode(frontierCodec, side.log.frontier())) };
  }
  if (request.type === 'close') {
    store?.close();
    return { type: 'closed' };
  }
  let arrived = 0;
  if (side === undefined) throw new Error('not open');
  for (const packet of request.packets) {
    for (const item of decodePacket(bytesOf(packet)) ?? []) {
      if (item.type === 'objects') arrived += take(side, item.objects, bytesOf(request.feed) as FeedId, request.time);
    }
  }
  write(side, request.texts, request.time, true);
  return { type: 'took', arrived };
};

addEventListener('message', ({ data }: MessageEvent<HistoryRequest>) => {
  handle(data).then(
    (reply) => postMessage(reply),
    (error: unknown) => postMessage({ type: 'failed', why: String(error) } satisfies HistoryReply),
  );
});
