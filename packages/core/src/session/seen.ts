// The first 8 bytes of the last 4,096 opened slots, in chunks that are stored one by one. They tell a repeated cell
// (drop it) from a used counter with new bytes (a copy is at work). They are looked at only when a counter was used
// before.
import { concat } from '../bytes/index.ts';
import { SEEN_BYTES, SEEN_CHUNK, SEEN_MAX } from './session-rows.ts';
import type { Session } from './types.ts';

export const remember = (session: Session, nonce: Uint8Array): Pick<Session, 'seen' | 'seenCount'> => {
  const place = session.seenCount % SEEN_MAX;
  const chunk = Math.floor(place / SEEN_CHUNK);
  const at = (place % SEEN_CHUNK) * SEEN_BYTES;
  const value = nonce.slice(0, SEEN_BYTES);
  const old = session.seen[chunk];
  const changed = old === undefined || at === old.length ? concat(old ?? value.subarray(0, 0), value) : old.slice();
  changed.set(value, at);
  const seen = chunk === session.seen.length ? [...session.seen, changed] : session.seen.with(chunk, changed);
  return { seen, seenCount: session.seenCount + 1 };
};

/** `nonce`: at least its first 8 bytes. */
export const wasSeen = (session: Session, nonce: Uint8Array): boolean =>
  session.seen.some((chunk) => {
    for (let at = 0; at < chunk.length; at += SEEN_BYTES) {
      let i = 0;
      while (i < SEEN_BYTES && chunk[at + i] === nonce[i]) i++;
      if (i === SEEN_BYTES) return true;
    }
    return false;
  });
