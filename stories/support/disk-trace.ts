// What a real process does to its files, as `strace` saw it, and what of it a disk holds when the power goes at any moment.
// A disk keeps what was synced. Of the rest it may hold all, nothing, or some writes and half a write (512-byte sectors), in
// any order; names (made, renamed, removed) go to the disk in order, and surely when their folder was synced.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export type DiskStep =
  | { readonly does: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly does: 'truncate'; readonly file: string; readonly size: number }
  | { readonly does: 'sync'; readonly file: string }
  | { readonly does: 'open'; readonly file: string; readonly empties: boolean }
  | { readonly does: 'rename'; readonly file: string; readonly to: string }
  | { readonly does: 'remove'; readonly file: string }
  /** Bytes that left the process other than into a file of the folder: what it acknowledged stands here. */
  | { readonly does: 'say'; readonly bytes: Buffer };

/** Calls that change files. */
const FILE_CALLS =
  'openat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir';
const optionsOf = (to: string, calls: string): readonly string[] => [
  '-Dfyxx',
  '--string-limit=1000000',
  `--output=${to}`,
  `--trace=${calls}`,
  '--signal=none',
];
/** For `strace`: what `stepsOf` reads. The process that is started stays the traced one, so that signals reach it. */
export const traceOptions = (to: string): readonly string[] => optionsOf(to, `${FILE_CALLS},sendto,sendmsg`);
/** For a browser: what `timedStepsOf` reads. Its other calls, of which there are many, go on without a stop. */
export const timedTraceOptions = (to: string): readonly string[] => [
  ...optionsOf(to, FILE_CALLS),
  // In a group of its own: it writes on when the browser's is killed.
  '-DD',
  '-ttt',
  '--seccomp-bpf',
];

const STRING = /"((?:\\x[0-9a-f]{2})*)"/g;
const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex');
const stringsOf = (text: string): readonly Buffer[] =>
  [...text.matchAll(STRING)].map(([, hex]) => bytesOf(hex as string));
const descriptorOf = (text: string): string | undefined => {
  const hex = /^\d+<((?:\\x[0-9a-f]{2})*)>/.exec(text)?.[1];
  return hex === undefined ? undefined : bytesOf(hex).toString();
};
/** What follows the strings and the descriptor: the plain numbers of the call, its result last. */
const numbersOf = (text: string): readonly number[] =>
  [...text.replaceAll(STRING, '').matchAll(/(?:, |= )(-?\d+)\b/g)].map(([, digits]) => Number(digits));

interface Call {
  readonly text: string;
  /** Milliseconds: when it began, of one that was cut in two when it ended; 0 when the trace has no times. */
  readonly at: number;
}
/** Calls that were cut in two by another thread's are put together again, where they ended. */
const wholeCalls = function* (trace: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', time = '0', rest = ''] = /^(\d+) +(?:(\d+\.\d+) )?(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*?)\s*<unfinished \.\.\.>$/.exec(rest)?.[1];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const at = Number(time) * 1000;
    if (unfinished !== undefined) begun.set(thread, unfinished);
    else if (resumed !== undefined) {
      yield { text: `${begun.get(thread) ?? ''}${resumed}`, at };
      begun.delete(thread);
    } else if (rest !== '') yield { text: rest, at };
  }
};

export interface TimedStep {
  readonly step: DiskStep;
  readonly at: number;
}
/** The steps of a trace that succeeded, in their order; files are named relative to `folder`. Throws at what it cannot read. */
export const stepsOf = (trace: string, folder: string): readonly DiskStep[] =>
  timedStepsOf(trace, folder).map(({ step }) => step);

export const timedStepsOf = (trace: string, folder: string): readonly TimedStep[] => {
  const timed: TimedStep[] = [];
  let now = 0;
  const steps = { push: (step: DiskStep): void => void timed.push({ step, at: now }) };
  const inside = (path: string | undefined): string | undefined =>
    path !== undefined && (path === folder || path.startsWith(`${folder}/`)) ? relative(folder, path) : undefined;
  /** Of writes without a place: where the next one of this file begins. */
  const ends = new Map<string, number>();
  for (const { text: call, at: time } of wholeCalls(trace)) {
    now = time;
    const [, name, rest] = /^(\w+)\((.*)$/s.exec(call) ?? [];
    if (name === undefined || rest === undefined) continue;
    const strings = stringsOf(rest);
    const result = numbersOf(rest).at(-1) ?? -1;
    if (result < 0 || / = \?/.test(rest)) continue;
    const [first, second] = strings.map((bytes) => inside(bytes.toString()));
    const file = inside(descriptorOf(rest));
    switch (name) {
      case 'write':
      case 'writev':
      case 'sendto':
      case 'sendmsg': {
        const bytes = Buffer.concat(strings).subarray(0, result);
        if (file === undefined) {
          steps.push({ does: 'say', bytes });
          break;
        }
        const at = ends.get(file) ?? 0;
        ends.set(file, at + result);
        steps.push({ does: 'write', file, at, bytes });
        break;
      }
      case 'pwrite64':
      case 'pwritev': {
        if (file === undefined) break;
        const at = numbersOf(rest).at(-2);
        if (at === undefined) throw new Error(`a write without its place: ${call.slice(0, 200)}`);
        steps.push({ does: 'write', file, at, bytes: Buffer.concat(strings).subarray(0, result) });
        break;
      }
      case 'ftruncate': {
        const size = numbersOf(rest).at(-2);
        if (file !== undefined && size !== undefined) steps.push({ does: 'truncate', file, size });
        break;
      }
      case 'fsync':
      case 'fdatasync':
        if (file !== undefined) steps.push({ does: 'sync', file });
        break;
      case 'openat': {
        if (first === undefined || !/O_CREAT|O_TRUNC/.test(rest)) break;
        const empties = rest.includes('O_TRUNC');
        if (empties) ends.set(first, 0);
        steps.push({ does: 'open', file: first, empties });
        break;
      }
      case 'rename':
      case 'renameat':
      case 'renameat2':
        if (first !== undefined && second !== undefined) steps.push({ does: 'rename', file: first, to: second });
        break;
      case 'unlink':
      case 'unlinkat':
        if (first !== undefined) steps.push({ does: 'remove', file: first });
        break;
      default:
    }
  }
  return timed;
};

interface Inode {
  durable: Buffer;
  /** Written or cut since the last sync. */
  pending: Extract<DiskStep, { readonly does: 'write' | 'truncate' }>[];
}
const written = (bytes: Buffer, step: Inode['pending'][number], length = Number.POSITIVE_INFINITY): Buffer => {
  if (step.does === 'truncate') {
    const cut = Buffer.alloc(step.size);
    bytes.copy(cut, 0, 0, Math.min(bytes.length, step.size));
    return cut;
  }
  const part = step.bytes.subarray(0, length);
  const grown = Buffer.alloc(Math.max(bytes.length, step.at + part.length));
  bytes.copy(grown);
  part.copy(grown, step.at);
  return grown;
};
const SECTOR = 512;

/** What of the unsynced is on the disk. `all`: the process was killed, or the disk was fast. */
export type Loss = 'all' | 'nothing' | ((most: number) => number);

/**
 * What brings a name to the disk: the sync of its folder alone, as POSIX has it, or any sync after it, as on file systems
 * with a journal (ext4, XFS, APFS, NTFS).
 */
export type Names = 'with-folder' | 'with-any-sync';

/** A folder on a disk that may lose its power. */
export class Disk {
  readonly #kind: Names;
  readonly #names = new Map<string, Inode>();
  /** As the folders on the disk have them. */
  #durableNames = new Map<string, Inode>();
  #pendingNames: { readonly folder: string; readonly apply: (names: Map<string, Inode>) => void }[] = [];

  constructor(files: ReadonlyMap<string, Buffer>, kind: Names = 'with-folder') {
    this.#kind = kind;
    for (const [name, durable] of files) this.#names.set(name, { durable, pending: [] });
    this.#durableNames = new Map(this.#names);
  }

  take(step: DiskStep): void {
    const rename = (folder: string, apply: (names: Map<string, Inode>) => void): void => {
      apply(this.#names);
      this.#pendingNames.push({ folder, apply });
    };
    switch (step.does) {
      case 'say':
        break;
      case 'open': {
        const there = this.#names.get(step.file);
        if (there === undefined) {
          const made: Inode = { durable: Buffer.alloc(0), pending: [] };
          rename(dirname(step.file), (names) => names.set(step.file, made));
        } else if (step.empties) there.pending.push({ does: 'truncate', file: step.file, size: 0 });
        break;
      }
      case 'write':
      case 'truncate': {
        const inode = this.#names.get(step.file);
        if (inode === undefined) throw new Error(`written without a name: ${step.file}`);
        inode.pending.push(step);
        break;
      }
      case 'sync': {
        const inode = this.#names.get(step.file);
        if (this.#kind === 'with-any-sync') this.#syncNames();
        if (inode === undefined) this.#syncNames(step.file === '' ? '.' : step.file);
        else syncInode(inode);
        break;
      }
      case 'rename': {
        const inode = this.#names.get(step.file);
        if (inode === undefined) throw new Error(`renamed without a name: ${step.file}`);
        rename(dirname(step.to), (names) => {
          names.delete(step.file);
          names.set(step.to, inode);
        });
        break;
      }
      case 'remove':
        rename(dirname(step.file), (names) => names.delete(step.file));
        break;
      default:
        step satisfies never;
    }
  }

  /** The system writes everything back by itself, as it does within half a minute. */
  writeBack(): void {
    this.#syncNames();
    for (const inode of this.#names.values()) syncInode(inode);
  }

  /** Of one folder, or all. */
  #syncNames(folder?: string): void {
    this.#pendingNames = this.#pendingNames.filter((pending) => {
      if (folder !== undefined && pending.folder !== folder) return true;
      pending.apply(this.#durableNames);
      return false;
    });
  }

  /** What a start after the loss finds. */
  after(loss: Loss): ReadonlyMap<string, Buffer> {
    const names = new Map(loss === 'all' ? this.#names : this.#durableNames);
    if (typeof loss === 'function') {
      for (const { apply } of this.#pendingNames.slice(0, loss(this.#pendingNames.length + 1))) apply(names);
    }
    return new Map([...names].map(([name, inode]) => [name, contentAfter(inode, loss)]));
  }
}
const syncInode = (inode: Inode): void => {
  for (const one of inode.pending) inode.durable = written(inode.durable, one);
  inode.pending = [];
};
const contentAfter = ({ durable, pending }: Inode, loss: Loss): Buffer => {
  if (loss === 'nothing') return durable;
  let bytes = durable;
  for (const step of pending) {
    if (loss === 'all') bytes = written(bytes, step);
    else {
      const fate = loss(3);
      if (fate === 0) bytes = written(bytes, step);
      else if (fate === 1 && step.does === 'write')
        bytes = written(bytes, step, SECTOR * loss(Math.ceil(step.bytes.length / SECTOR)));
    }
  }
  return bytes;
};

export const layOut = (files: ReadonlyMap<string, Buffer>, folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes, { mode: 0o600 });
  }
};
export const readTrace = (path: string): string => readFileSync(path, 'latin1');
