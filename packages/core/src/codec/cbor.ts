// CBOR (RFC 8949), as much of it as formats are made of: whole numbers from 0, byte strings, texts, arrays, true, false and
// null, each in its one shortest form (section 4.2.1). Our own, since reading and writing are in every step of every
// message: a general library's tokens cost more than all else in it.
import { utf8Length, utf8ToText, writeUtf8 } from '../bytes/index.ts';

/** Arrays within arrays, at most: a reader recurses. */
const MAX_DEPTH = 16;
/** Longer texts are left to the platform. */
const SHORT_TEXT = 64;
/** Up to here engines keep bytes beside the object, without a buffer of their own. */
const SHORT_BYTES = 64;
/** From here on what is read is a packet or a part of a file. Rows with keys are shorter: of those no second copy is left behind. */
const LONG_DATA = 8_192;
/** Tuples have fewer fields; lists that are longer grow as they are read. */
const FEW_ITEMS = 32;
const MAJOR = { uint: 0x00, bytes: 0x40, text: 0x60, array: 0x80 } as const;
const [FALSE, TRUE, NULL] = [0xf4, 0xf5, 0xf6] as const;

const headLength = (argument: number): number =>
  argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : argument < 2 ** 32 ? 5 : 9;

/** Of the texts of a value, in the order in which they come: counted once. */
const lengths: number[] = [];
let nextLength = 0;

const lengthOf = (value: unknown): number => {
  if (typeof value === 'number') return headLength(value);
  if (typeof value === 'string') {
    const length = utf8Length(value);
    lengths.push(length);
    return headLength(length) + length;
  }
  if (value instanceof Uint8Array) return headLength(value.length) + value.length;
  if (Array.isArray(value)) {
    let length = headLength(value.length);
    for (let i = 0; i < value.length; i++) length += lengthOf(value[i]);
    return length;
  }
  return 1;
};

const writeHead = (out: Uint8Array, at: number, major: number, argument: number): number => {
  const length = headLength(argument);
  if (length === 1) {
    out[at] = major | argument;
    return at + 1;
  }
  out[at] = major | (length === 2 ? 24 : length === 3 ? 25 : length === 5 ? 26 : 27);
  let left = argument;
  for (let i = at + length - 1; i > at; i--) {
    out[i] = left % 256;
    left = Math.floor(left / 256);
  }
  return at + length;
};
const write = (out: Uint8Array, at: number, value: unknown): number => {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error('only whole numbers from 0 are written');
    return writeHead(out, at, MAJOR.uint, value);
  }
  if (typeof value === 'string') {
    const length = lengths[nextLength++] as number;
    const start = writeHead(out, at, MAJOR.text, length);
    writeUtf8(out, start, value);
    return start + length;
  }
  if (value instanceof Uint8Array) return writeBytes(out, at, value);
  if (Array.isArray(value)) {
    let end = writeHead(out, at, MAJOR.array, value.length);
    for (let i = 0; i < value.length; i++) end = write(out, end, value[i]);
    return end;
  }
  if (value !== null && typeof value !== 'boolean') throw new Error(`a ${typeof value} cannot be written`);
  out[at] = value === null ? NULL : value ? TRUE : FALSE;
  return at + 1;
};
const writeBytes = (out: Uint8Array, at: number, bytes: Uint8Array): number => {
  const start = writeHead(out, at, MAJOR.bytes, bytes.length);
  const { length } = bytes;
  if (length > SHORT_BYTES) out.set(bytes, start);
  else for (let i = 0; i < length; i++) out[start + i] = bytes[i] as number;
  return start + length;
};

/** Into memory of exactly this size: no copy of a secret stays in a buffer that grew. Throws for what is not in the model. */
export const writeCbor = (value: unknown): Uint8Array => {
  lengths.length = 0;
  nextLength = 0;
  const out = new Uint8Array(lengthOf(value));
  write(out, 0, value);
  return out;
};

class Reader {
  readonly #data: Uint8Array;
  #at = 0;
  /** Of long data longer byte strings are views of one copy: a buffer for each costs more than the copying. */
  #copy: Uint8Array | undefined;

  constructor(data: Uint8Array) {
    this.#data = data;
  }
  get isAtEnd(): boolean {
    return this.#at === this.#data.length;
  }
  /** Undefined: not of this subset, or not in its one form. `depth`: how many arrays are open. */
  value(depth: number): unknown {
    const head = this.#data[this.#at++];
    if (head === undefined) return undefined;
    if (head >= FALSE) return head === FALSE ? false : head === TRUE ? true : head === NULL ? null : undefined;
    const argument = this.#argument(head & 31);
    // What is longer than all that is left lies; nothing is allocated for it.
    if (argument === undefined || (head >= MAJOR.bytes && argument > this.#data.length - this.#at)) return undefined;
    switch (head & 0xe0) {
      case MAJOR.uint:
        return argument;
      case MAJOR.bytes:
        this.#at += argument;
        return this.#bytes(this.#at - argument, this.#at);
      case MAJOR.text:
        return this.#text(argument);
      case MAJOR.array:
        return this.#array(argument, depth + 1);
      default:
        return undefined;
    }
  }
  #argument(info: number): number | undefined {
    if (info < 24) return info;
    if (info > 27) return undefined;
    const end = this.#at + (1 << (info - 24));
    if (end > this.#data.length) return undefined;
    let argument = 0;
    for (; this.#at < end; this.#at++) argument = argument * 256 + (this.#data[this.#at] as number);
    const isShortest = headLength(argument) === 1 + (1 << (info - 24));
    return isShortest && Number.isSafeInteger(argument) ? argument : undefined;
  }
  #bytes(from: number, to: number): Uint8Array {
    if (to - from <= SHORT_BYTES) {
      const bytes = new Uint8Array(to - from);
      for (let at = from; at < to; at++) bytes[at - from] = this.#data[at] as number;
      return bytes;
    }
    if (this.#data.length < LONG_DATA) return this.#data.slice(from, to);
    this.#copy ??= this.#data.slice();
    return this.#copy.subarray(from, to);
  }
  #text(length: number): string | undefined {
    const start = this.#at;
    this.#at += length;
    if (length > SHORT_TEXT) return utf8ToText(this.#data.subarray(start, this.#at));
    let text = '';
    for (let at = start; at < this.#at; at++) {
      const code = this.#data[at] as number;
      if (code > 0x7f) return utf8ToText(this.#data.subarray(start, this.#at));
      text += String.fromCharCode(code);
    }
    return text;
  }
  #array(length: number, depth: number): readonly unknown[] | undefined {
    if (length > 0 && depth > MAX_DEPTH) return undefined;
    // For one that is said to be long nothing is made before it is there; one that grows begins with room for 17, and most have
    // three to ten.
    // oxlint-disable-next-line unicorn/no-new-array -- made at its length at once: setting the length afterwards goes through the runtime.
    const items = new Array<unknown>(length <= FEW_ITEMS ? length : 0);
    for (let i = 0; i < length; i++) {
      const item = this.value(depth);
      if (item === undefined) return undefined;
      items[i] = item;
    }
    return items;
  }
}

/** Undefined for anything that `writeCbor` would not have written. Byte strings are copies. */
export const readCbor = (data: Uint8Array): unknown => {
  // In Node a Buffer's `slice` does not copy: what is read must not be a view of it.
  const plain = data.constructor === Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const reader = new Reader(plain);
  const value = reader.value(0);
  return reader.isAtEnd ? value : undefined;
};
