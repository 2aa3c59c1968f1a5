// A session in the encrypted database: one small row that every message writes, and rows beside it that change rarely.
import { compareBytes, concat, toHex, uint32, utf8 } from '../bytes/index.ts';
import { bool, bytes, decode, encode, list, literal, nullable, tuple, uint } from '../codec/index.ts';
import { secretCodec } from './secret-codec.ts';
import type { Generation, Session, SessionWrite, SkippedBlock } from './types.ts';

export const MAX_GENERATIONS = 4;
export const BLOCK_KEYS = 64;
export const SEEN_CHUNK = 64;
export const SEEN_MAX = 4096;
export const SEEN_BYTES = 8;
const FORMAT = 1 as const;
const COUNTER_MAX = 2 ** 32 - 1;
const time = uint(2 ** 48 - 1);

const STATE_KEY = utf8('s');
const BLOCK_PREFIX = utf8('k');
const SEEN_PREFIX = utf8('r');

const sendCodec = tuple({ key: secretCodec(32), headerKey: secretCodec(32), counter: uint(COUNTER_MAX) });
const receiveCodec = tuple({ key: secretCodec(32), headerKey: secretCodec(32), next: uint(COUNTER_MAX) });
const generationCodec = tuple({
  id: bytes(8),
  answerer: bool,
  madeAt: time,
  send: nullable(sendCodec),
  receive: receiveCodec,
  seenPeer: bool,
  openedAt: nullable(time),
  opened: uint(),
});
const stateCodec = tuple({
  format: literal(FORMAT),
  generations: list(generationCodec, MAX_GENERATIONS),
  seenCount: uint(),
});
const blockCodec = tuple({
  generation: bytes(8),
  block: uint(COUNTER_MAX),
  keys: list(tuple({ counter: uint(COUNTER_MAX), key: secretCodec(32) }), BLOCK_KEYS, 1),
});

/** Times before 1970 come from broken clocks only and mean nothing here. */
const clamp = (ms: number): number => Math.max(0, Math.floor(ms));
const toStored = ({ role, ...rest }: Generation) => ({
  ...rest,
  answerer: role === 'answerer',
  madeAt: clamp(rest.madeAt),
  openedAt: rest.openedAt === null ? null : clamp(rest.openedAt),
});

export const blockId = (generation: Uint8Array, block: number): string => `${toHex(generation)}/${block}`;
const blockKey = (block: SkippedBlock): Uint8Array => concat(BLOCK_PREFIX, block.generation, uint32(block.block));

export const stateWrite = (session: Session): SessionWrite => ({
  key: STATE_KEY,
  value: encode(stateCodec, {
    format: FORMAT,
    generations: session.generations.map(toStored),
    seenCount: session.seenCount,
  }),
  holdsKeys: true,
});
/** A block without keys is deleted. */
export const blockWrite = (block: SkippedBlock): SessionWrite => ({
  key: blockKey(block),
  value: block.keys.length === 0 ? null : encode(blockCodec, block),
  holdsKeys: true,
});
export const seenWrite = (session: Session, chunk: number): SessionWrite => ({
  key: concat(SEEN_PREFIX, Uint8Array.of(chunk)),
  value: session.seen[chunk] as Uint8Array,
  holdsKeys: false,
});

/** All rows of a session, for a copy or a rewrite. */
export const sessionRows = (session: Session): readonly SessionWrite[] => [
  stateWrite(session),
  ...Array.from(session.skipped.values(), blockWrite),
  ...session.seen.map((_, chunk) => seenWrite(session, chunk)),
];

/** From its rows (keys as in the writes, in any order), whose caller wipes them; undefined when they are not of this format. */
export const loadSession = (
  rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
): Session | undefined => {
  let state;
  const skipped = new Map<string, SkippedBlock>();
  const seen: Uint8Array[] = [];
  for (const { key, value } of rows.toSorted((a, b) => compareBytes(a.key, b.key))) {
    if (key[0] === STATE_KEY[0] && key.length === 1) {
      state = decode(stateCodec, value);
    } else if (key[0] === BLOCK_PREFIX[0]) {
      const block = decode(blockCodec, value);
      if (block === undefined) return undefined;
      skipped.set(blockId(block.generation, block.block), block);
    } else if (key[0] === SEEN_PREFIX[0] && key.length === 2) {
      if (key[1] !== seen.length || value.length % SEEN_BYTES !== 0) return undefined;
      if (value.length === 0 || value.length > SEEN_CHUNK * SEEN_BYTES) return undefined;
      seen.push(value.slice());
    } else {
      return undefined;
    }
  }
  if (state === undefined) return undefined;
  const generations = state.generations.map(({ answerer, ...rest }): Generation => ({
    ...rest,
    role: answerer ? 'answerer' : 'joiner',
  }));
  return { generations, skipped, seen, seenCount: state.seenCount };
};
