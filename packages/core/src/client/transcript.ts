// Everything of a conversation that this device could show somebody else, page by page, for `kith forge` and `kith judge`.
import { fromBase64url, toBase64url } from '../bytes/index.ts';
import { decode, encode, list, tuple, uint } from '../codec/index.ts';
import { eventName, feedIdCodec, MAX_SEQ, segmentIdCodec } from '../identity/index.ts';
import { logObjectCodec, type ConversationLog, type Frontier, type PlaceRange } from '../log/index.ts';
import { KithError } from './errors.ts';
import type { Methods } from './rpc.ts';

const PAGE_BYTES = 256 * 1024;
const MAX_OBJECTS = 8192;
const MAX_RANGES = 65_536;
const NOTHING: Frontier = { digest: new Uint8Array(16), base: 0, feeds: [] };
const cursorCodec = list(
  tuple({ feed: feedIdCodec, segment: segmentIdCodec, from: uint(MAX_SEQ), to: uint(MAX_SEQ) }),
  MAX_RANGES,
);
/** What a page of a transcript holds. */
export const transcriptCodec = list(logObjectCodec, MAX_OBJECTS);

const rangesOf = (cursor: string): readonly PlaceRange[] => {
  const bytes = fromBase64url(cursor);
  const ranges = bytes === undefined ? undefined : decode(cursorCodec, bytes);
  if (ranges === undefined) throw new KithError('bad-option', { message: 'This is no cursor of a transcript.' });
  return ranges;
};

export const transcriptPage = (log: ConversationLog, cursor: string | undefined): Methods['transcript']['result'] => {
  const ranges = cursor === undefined ? log.compare(NOTHING).theyLack : rangesOf(cursor);
  const { objects, left } = log.read(ranges, PAGE_BYTES);
  // A page without an event holds all that can be read of what is asked for.
  const isEnd = left.length === 0 || objects.length === 0;
  return {
    objects: encode(transcriptCodec, objects),
    cursor: isEnd ? null : toBase64url(encode(cursorCodec, left)),
  };
};

/** Events that the checks from the bytes up do not let pass. */
export const damageOf = (log: ConversationLog): Methods['log.verify']['result'] =>
  log.verify().map(({ event, damage }) => ({ event: eventName(event), damage }));
