// Looks for strings and ids in bytes of all kinds, in every form that a careless program would leave them in.
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

interface Needle {
  readonly name: string;
  readonly form: string;
  readonly bytes: Buffer;
}
export type Finding = `${string} as ${string} in ${string}`;

/** Base64 depends on what stands before: without the letters at both ends that share bits with neighbours. */
const base64Forms = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const from = shift === 0 ? 0 : shift + 1;
    return text.slice(from, text.length - ((shift + bytes.length) % 3 === 0 ? 0 : 1));
  });

const needlesOf = (name: string, canary: string | Uint8Array): readonly Needle[] => {
  const bytes = Buffer.from(canary as string);
  const forms: (readonly [string, Buffer])[] = [
    ['itself', bytes],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
  ];
  if (typeof canary === 'string')
    forms.push(['utf-16', Buffer.from(canary, 'utf16le')], ['utf-16 big', Buffer.from(canary, 'utf16le').swap16()]);
  for (const text of base64Forms(bytes)) {
    forms.push(['base64', Buffer.from(text)]);
    const url = text.replaceAll('+', '-').replaceAll('/', '_');
    if (url !== text) forms.push(['base64url', Buffer.from(url)]);
  }
  return forms.map(([form, data]) => ({ name, form, bytes: data }));
};

/** Ids go in as bytes, texts as strings. */
export class Scanner {
  /** By how they begin: where no needle begins, none has to be looked for. */
  readonly #needles = new Map<string, Needle[]>();
  readonly longest: number;
  constructor(canaries: Readonly<Record<string, string | Uint8Array>>) {
    const needles = Object.entries(canaries).flatMap(([name, canary]) => needlesOf(name, canary));
    this.longest = Math.max(...needles.map(({ bytes }) => bytes.length));
    for (const needle of needles) {
      const start = needle.bytes.subarray(0, START_BYTES).toString('latin1');
      this.#needles.set(start, [...(this.#needles.get(start) ?? []), needle]);
    }
  }
  bytes(where: string, bytes: Uint8Array): readonly Finding[] {
    const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const near = [...this.#needles].flatMap(([start, needles]) => (hay.includes(start, 0, 'latin1') ? needles : []));
    return near
      .filter((needle) => hay.includes(needle.bytes))
      .map(({ name, form }): Finding => `${name} as ${form} in ${where}`);
  }
  /** Contents and names. */
  folder(folder: string): readonly Finding[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => [
      ...this.bytes(`a name in ${folder}`, Buffer.from(entry.name)),
      ...(entry.isFile() ? this.bytes(entry.name, readFileSync(join(entry.parentPath, entry.name))) : []),
    ]);
  }
  /** The memory of a running process, as its owner or root can read it. */
  memory(pid: number): { readonly read: number; readonly found: readonly Finding[] } {
    const found = new Set<Finding>();
    let read = 0;
    const memory = openSync(`/proc/${pid}/mem`, 'r');
    try {
      fstatSync(memory);
      for (const { from, to } of writableParts(pid)) {
        const piece = Buffer.alloc(PIECE + this.longest);
        for (let at = from; at < to; at += PIECE) {
          const size = readSome(memory, piece, at, Math.min(piece.length, to - at));
          read += Math.min(size, PIECE);
          for (const finding of this.bytes('memory', piece.subarray(0, size))) found.add(finding);
        }
      }
    } finally {
      closeSync(memory);
    }
    return { read, found: [...found] };
  }
}
const START_BYTES = 6;
const PIECE = 4 << 20;
/** Memory may be given back while it is read; what is gone by then is not there. */
const readSome = (file: number, into: Buffer, at: number, length: number): number => {
  try {
    return readSync(file, into, 0, length, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return 0;
    throw error;
  }
};
const writableParts = (pid: number): readonly { readonly from: number; readonly to: number }[] =>
  readFileSync(`/proc/${pid}/maps`, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      return from === undefined || to === undefined ? [] : [{ from: parseInt(from, 16), to: parseInt(to, 16) }];
    });
