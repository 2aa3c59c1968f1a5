// What a replica holds, so that two frontiers tell what is missing. Travels under the session's MAC, is never signed.
import { bytes, list, literal, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { eventIdCodec, feedIdCodec, segmentIdCodec, MAX_SEQ } from '../identity/index.ts';

/** Complete up to here; larger conversations send differences to a named base. */
export const MAX_FRONTIER_FEEDS = 16;
export const MAX_RANGES = 4;
/** Branches, and segments of a copied device, that stand beside the line of segments. */
export const MAX_ASIDE = 8;

export const frontierCodec = named(
  'frontier',
  tuple({
    /** BLAKE2b-16 of what follows: equal digests, equal replicas. */
    digest: bytes(16),
    /** 0: complete. */
    base: literal(0),
    feeds: list(
      tuple({
        feed: feedIdCodec,
        /** Charter entries without a hole, and BLAKE2b-8 over the hashes of all that are held. */
        charterCount: uint(MAX_SEQ),
        charterDigest: bytes(8),
        /** The segment up to which, and the count below which, nothing is missing; null when nothing is held. */
        segment: nullable(segmentIdCodec),
        count: uint(MAX_SEQ),
        /** The last event below `count`. */
        head: nullable(eventIdCodec),
        /** BLAKE2b-8, step by step, over the ends of the segments before: a copy may have written other events there. */
        past: bytes(8),
        ranges: list(tuple({ segment: segmentIdCodec, from: uint(MAX_SEQ), to: uint(MAX_SEQ) }), MAX_RANGES),
        aside: list(
          tuple({ segment: segmentIdCodec, count: uint(MAX_SEQ), head: eventIdCodec, past: bytes(8) }),
          MAX_ASIDE,
        ),
      }),
      MAX_FRONTIER_FEEDS,
    ),
  }),
);
export type Frontier = Infer<typeof frontierCodec>;
export type FeedFrontier = Frontier['feeds'][number];
