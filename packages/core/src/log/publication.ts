// A subkey's private half, made public some time after its segment ended: from then on anyone can forge that segment, so
// what it says proves nothing (spec 04, "Publication").
import { equalBytes } from '../bytes/index.ts';
import { bytes, decode, encode, extensions, named, tuple, type Infer } from '../codec/index.ts';
import { Secret } from '../crypto/index.ts';
import { feedIdCodec, segmentIdCodec } from '../identity/index.ts';
import { FLAGS } from './records.ts';
import { DAY_MS, MINUTE_MS } from './shared-time.ts';
import type { LogState } from './state.ts';
import type { Publication, PublicationQuestion } from './types.ts';

/** Long enough for everyone to hand on what nobody can have forged yet. */
export const PUBLISH_GRACE_MS = 7 * DAY_MS;

export const publishCodec = named(
  'publish',
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, seed: bytes(32), extensions }),
);
export type Publish = Infer<typeof publishCodec>;

/** True when the segment's subkey became public by this. `trusted`: it came from the person who publishes, or is our own. */
export const takePublication = (
  state: LogState,
  content: Uint8Array,
  lamport: number,
  trusted: boolean,
): Publish | undefined => {
  const publish = decode(publishCodec, content);
  if (publish === undefined) return undefined;
  const record = state.segment(publish.feed, publish.segment);
  if (record === undefined || record.published !== null) return undefined;
  const key = state.crypto.signingKey(new Secret(publish.seed.slice()));
  const matches = equalBytes(key.publicKey, record.subkey);
  key.privateKey.wipe();
  if (!matches) return undefined;
  let { doubtful } = record;
  if (trusted && doubtful > 0) {
    // What came from the other side before the key was public could not be forged.
    for (const row of state.headerRows(publish.feed, publish.segment, 0, record.top)) {
      if ((row.flags & FLAGS.doubtful) !== 0) state.putHeaderRow({ ...row, flags: row.flags & ~FLAGS.doubtful });
    }
    doubtful = 0;
  }
  state.setSegment(publish.feed, publish.segment, { ...record, seed: publish.seed, published: lamport, doubtful });
  return publish;
};

/** Own segments whose time has come, oldest first. */
export const duePublications = (
  state: LogState,
  covers: (
    frontier: PublicationQuestion['counterparts'][number],
    segment: Publish['segment'],
    count: number,
  ) => boolean,
  { now, counterparts, graceMs = PUBLISH_GRACE_MS, sharedTimeOk }: PublicationQuestion,
): readonly Publication[] => {
  const own = state.own();
  if (own === undefined || own.current === null) return [];
  const due: Publication[] = [];
  // Segments end one after the other, so the walk stops at the newest that is out already.
  for (let at = state.segment(own.feed, own.current)?.previous ?? null; at !== null;) {
    const record = state.segment(own.feed, at);
    if (record === undefined || record.published !== null) break;
    const segment = at;
    const { ended, seed } = record;
    at = record.previous;
    if (ended === null || seed === null) continue;
    const dueAt = ended.time * MINUTE_MS + graceMs;
    if (now < dueAt || !sharedTimeOk(dueAt)) continue;
    if (!counterparts.some((frontier) => covers(frontier, segment, ended.count))) continue;
    due.push({ segment, content: encode(publishCodec, { feed: own.feed, segment, seed, extensions: [] }) });
  }
  return due.toReversed();
};
