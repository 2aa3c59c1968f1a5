// Cells on disk: one append-only file a bucket (spec/07-relay.md, "On disk"). Writes that come in together are written
// together; wiping is unlinking. Which cells a bucket holds is known from the file's length alone.
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CELL_BYTES, type CellBucket, type CellLog, type Kept } from '@kith/core/ports';

const MAGIC = Buffer.from('KITHCEL1');
const CHECK_BYTES = 4;
const RECORD_BYTES = CHECK_BYTES + CELL_BYTES;
/** At most this much is joined into one write. */
const BATCH_CELLS = 512;
const KINDS: Readonly<Record<string, number>> = { hour: 1, day: 2 };

/** `process`: a cell is kept when the kernel has it (survives kill -9). `power`: when the disk says it has it. */
export type Durability = 'process' | 'power';

interface Waiting {
  readonly cell: Uint8Array;
  readonly done: (kept: Kept) => void;
}
interface Segment {
  readonly bucket: CellBucket;
  readonly file: number;
  /** Cells on disk. */
  kept: number;
  waiting: Waiting[];
  writing: boolean;
  dropped: boolean;
}
export interface SegmentLog extends CellLog {
  /** Writes what waits and closes the files. */
  close(): Promise<void>;
}

export const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
const bucketKey = ({ kind, period, bits, prefix }: CellBucket): string => `${kind} ${period} ${bits} ${prefix}`;
const offsetOf = (record: number): number => MAGIC.length + record * RECORD_BYTES;
const kindName = (kind: number): string => (kind === KINDS['hour'] ? 'hour' : 'day');

export const openSegmentLog = (folder: string, durability: Durability): SegmentLog => {
  const segments = new Map<string, Segment>();
  let bytes = 0;
  let closing: (() => void) | undefined;
  const periodFolder = (kind: number, period: number): string => join(folder, kindName(kind), String(period));

  const openSegment = (bucket: CellBucket): Segment => {
    const parent = periodFolder(bucket.kind, bucket.period);
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    const path = join(parent, `${bucket.bits}-${bucket.prefix}.cells`);
    // Not in append mode: a batch that failed is written over by the next one.
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    let kept: number;
    try {
      kept = recover(file);
      if (durability === 'power') syncFolders(parent, folder);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    const segment: Segment = { bucket, file, kept, waiting: [], writing: false, dropped: false };
    segments.set(bucketKey(bucket), segment);
    bytes += kept * RECORD_BYTES;
    return segment;
  };

  for (const [name, kind] of Object.entries(KINDS)) {
    for (const period of foldersIn(join(folder, name))) {
      for (const file of readdirSync(join(folder, name, period))) {
        const found = /^(\d+)-(\d+)\.cells$/.exec(file);
        if (found !== null)
          openSegment({ kind, period: Number(period), bits: Number(found[1]), prefix: Number(found[2]) });
      }
    }
  }

  const settle = (segment: Segment): void => {
    if (segment.dropped) closeSync(segment.file);
    else if (segment.waiting.length > 0) flush(segment);
    if (closing !== undefined && ![...segments.values()].some(({ writing }) => writing)) closing();
  };
  const finish = (segment: Segment, batch: readonly Waiting[], error: unknown): void => {
    segment.writing = false;
    if (error !== null || segment.dropped) bytes -= batch.length * RECORD_BYTES;
    if (error === null) segment.kept += batch.length;
    else {
      // What was written of the batch is not kept; the next batch has to begin where this one did.
      if (!segment.dropped) tidy(segment);
    }
    const result: Kept = error === null ? 'kept' : isFull(error) ? 'full' : 'failed';
    for (const { done } of batch) done(result);
    settle(segment);
  };
  const flush = (segment: Segment): void => {
    if (segment.writing || segment.dropped) return;
    const batch = segment.waiting.splice(0, BATCH_CELLS);
    segment.writing = true;
    const data = Buffer.allocUnsafe(batch.length * RECORD_BYTES);
    for (const [i, { cell }] of batch.entries()) {
      data.writeUInt32BE(crc32(cell), i * RECORD_BYTES);
      data.set(cell, i * RECORD_BYTES + CHECK_BYTES);
    }
    const writeFrom = (at: number): void => {
      write(segment.file, data, at, data.length - at, offsetOf(segment.kept) + at, (error, written) => {
        if (error !== null) finish(segment, batch, error);
        // A short write is how some file systems begin to be full: the rest tells.
        else if (at + written < data.length) writeFrom(at + written);
        else if (durability === 'power') fdatasync(segment.file, (failed) => finish(segment, batch, failed));
        else finish(segment, batch, null);
      });
    };
    writeFrom(0);
  };

  return {
    append: (bucket, cell, done) => {
      let segment = segments.get(bucketKey(bucket));
      if (segment === undefined) {
        try {
          segment = openSegment(bucket);
        } catch (error) {
          done(isFull(error) ? 'full' : 'failed');
          return;
        }
      }
      bytes += RECORD_BYTES;
      segment.waiting.push({ cell, done });
      // Everything else that this turn of the event loop brings joins the same write.
      const target = segment;
      if (!segment.writing && segment.waiting.length === 1) setImmediate(() => flush(target));
    },
    tail: (bucket, from, count) => {
      const segment = segments.get(bucketKey(bucket));
      if (segment === undefined) return { cells: [], total: 0 };
      const wanted = Math.max(0, Math.min(count, segment.kept - from));
      const data = Buffer.allocUnsafe(wanted * RECORD_BYTES);
      const read = wanted === 0 ? 0 : readSync(segment.file, data, 0, data.length, offsetOf(from));
      const cells = Array.from({ length: Math.floor(read / RECORD_BYTES) }, (_, i) =>
        data.subarray(i * RECORD_BYTES + CHECK_BYTES, (i + 1) * RECORD_BYTES),
      );
      return { cells, total: segment.kept };
    },
    drop: (kind, period) => {
      for (const [key, segment] of segments) {
        if (segment.bucket.kind !== kind || segment.bucket.period !== period) continue;
        segments.delete(key);
        segment.dropped = true;
        bytes -= (segment.kept + segment.waiting.length) * RECORD_BYTES;
        for (const { done } of segment.waiting.splice(0)) done('failed');
        if (!segment.writing) closeSync(segment.file);
      }
      rmSync(periodFolder(kind, period), { recursive: true, force: true });
    },
    visit: (each) => {
      for (const { bucket, file, kept } of segments.values()) {
        const chunk = Buffer.allocUnsafe(256 * RECORD_BYTES);
        for (let at = 0; at < kept; at += 256) {
          const records = Math.floor(readSync(file, chunk, 0, chunk.length, offsetOf(at)) / RECORD_BYTES);
          for (let i = 0; i < Math.min(records, kept - at); i++) {
            each(bucket, chunk.subarray(i * RECORD_BYTES + CHECK_BYTES, i * RECORD_BYTES + CHECK_BYTES + 16));
          }
        }
      }
    },
    size: () => bytes,
    close: () =>
      new Promise((resolve) => {
        closing = () => {
          closing = undefined;
          for (const { file } of segments.values()) closeSync(file);
          segments.clear();
          resolve();
        };
        for (const segment of segments.values()) if (segment.waiting.length > 0) flush(segment);
        if (![...segments.values()].some(({ writing }) => writing)) closing();
      }),
  };
};

const foldersIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name) && statSync(join(folder, name)).isDirectory());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** How many whole records the file holds; a torn tail, as a crash leaves it, is cut off. */
const recover = (file: number): number => {
  const record = Buffer.allocUnsafe(RECORD_BYTES);
  const head = Buffer.alloc(MAGIC.length);
  const headLength = readSync(file, head, 0, head.length, 0);
  if (headLength === MAGIC.length && !head.equals(MAGIC)) throw new Error('a cell file of another version');
  if (headLength < MAGIC.length) {
    ftruncateSync(file, 0);
    if (writeSync(file, MAGIC, 0, MAGIC.length, 0) !== MAGIC.length)
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    return 0;
  }
  let records = Math.floor((fstatSync(file).size - MAGIC.length) / RECORD_BYTES);
  // Only the end can be torn: earlier batches were whole before a later one began.
  while (records > 0) {
    readSync(file, record, 0, RECORD_BYTES, offsetOf(records - 1));
    if (record.readUInt32BE(0) === crc32(record.subarray(CHECK_BYTES))) break;
    records--;
  }
  truncate(file, records);
  return records;
};

const truncate = (file: number, records: number): void => ftruncateSync(file, offsetOf(records));
/** A disk that fails here too changes nothing: the next batch is written over the rest, and a start leaves out a torn one. */
const tidy = ({ file, kept }: Segment): void => {
  try {
    truncate(file, kept);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
};

/** A new file is only there after a power loss when the folders above it are synced too. */
const syncFolders = (...folders: readonly string[]): void => {
  for (const folder of folders) {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
};
