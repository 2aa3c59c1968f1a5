import { toHex } from '../bytes/index.ts';
import type { CellBucket, CellLog, PlaceStore } from '../ports/index.ts';

const bucketKey = (bucket: CellBucket): string => `${bucket.kind} ${bucket.period} ${bucket.bits} ${bucket.prefix}`;

/** Cells in memory, up to `maxBytes`: for simulations, tests and relays that keep nothing on disk. */
export const createMemoryCellLog = (maxBytes = Number.POSITIVE_INFINITY): CellLog => {
  const held = new Map<string, { readonly bucket: CellBucket; readonly cells: Uint8Array[] }>();
  let size = 0;
  return {
    append: (bucket, cell, done) => {
      if (size + cell.length > maxBytes) {
        done('full');
        return;
      }
      const key = bucketKey(bucket);
      const entry = held.get(key) ?? { bucket, cells: [] };
      held.set(key, entry);
      entry.cells.push(cell);
      size += cell.length;
      done('kept');
    },
    tail: (bucket, from, count) => {
      const cells = held.get(bucketKey(bucket))?.cells ?? [];
      return { cells: cells.slice(from, from + count), total: cells.length };
    },
    drop: (kind, period) => {
      for (const [key, { bucket, cells }] of held) {
        if (bucket.kind !== kind || bucket.period !== period) continue;
        for (const cell of cells) size -= cell.length;
        held.delete(key);
      }
    },
    visit: (each) => {
      for (const { bucket, cells } of held.values()) for (const cell of cells) each(bucket, cell.subarray(0, 16));
    },
    size: () => size,
  };
};

export const createMemoryPlaceStore = (): PlaceStore => {
  const records = new Map<string, { readonly place: Uint8Array; readonly record: Uint8Array }>();
  return {
    put: (place, record) => {
      records.set(toHex(place), { place, record });
      return 'kept';
    },
    drop: (place) => void records.delete(toHex(place)),
    visit: (each) => {
      for (const { place, record } of records.values()) each(place, record);
    },
  };
};
