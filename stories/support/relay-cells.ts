// What a relay is given and holds, by its public door.
import { decode, encode } from '@kith/core/codec';
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  DAY_MS,
  HOUR_MS,
  relayRequestCodec,
  relayResponseCodec,
} from '@kith/core/ports';

/** Every cell that a relay holds. */
export const cellsAt = async (relay: string, now = Date.now()): Promise<readonly Uint8Array[]> => {
  const cells: Uint8Array[] = [];
  for (const [kind, length] of [
    ['hour', HOUR_MS],
    ['day', DAY_MS],
  ] as const) {
    for (const period of [Math.floor(now / length) - 1, Math.floor(now / length)]) {
      for (let block = 0; ; block++) {
        const response = await fetch(`${relay}/v1/buckets/${kind}/${period}/0/-/${block}`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        for (let at = 0; response.ok && at < bytes.length; at += CELL_BYTES)
          cells.push(bytes.slice(at, at + CELL_BYTES));
        if (!response.ok || bytes.length < BLOCK_CELLS * CELL_BYTES) break;
      }
    }
  }
  return cells;
};

const TAG_BYTES = 16;
/** In hexadecimal. */
export const tagsOf = (cells: readonly Uint8Array[]): ReadonlySet<string> =>
  new Set(cells.map((cell) => Buffer.from(cell.subarray(0, TAG_BYTES)).toString('hex')));

/** The tags of those that the relay took. */
export const putCells = async (url: string, cells: readonly Uint8Array[]): Promise<readonly string[]> => {
  const puts = cells.map((cell) => ({ cell, bucket: BUCKETS.hour, live: false }));
  const response = await fetch(`${url}/v1/cells`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor' },
    body: Uint8Array.from(encode(relayRequestCodec, { type: 'put', cells: puts })),
  });
  const answer = response.ok ? decode(relayResponseCodec, new Uint8Array(await response.arrayBuffer())) : undefined;
  if (answer?.type !== 'put') return [];
  return [...tagsOf(cells.filter((_, i) => answer.results[i] === 0))];
};
