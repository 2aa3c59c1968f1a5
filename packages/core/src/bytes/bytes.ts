// Small helpers over byte strings. Nothing here handles secrets: comparisons are not constant-time.

declare class TextEncoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, out: Uint8Array): unknown;
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Up to here a loop is quicker than a call of the platform. */
const SHORT = 32;
/**
 * Engines keep so many bytes within the object. A view of them, or handing them to the platform, moves them into a buffer of
 * their own, which costs twenty times the object (measured): of few bytes a copy (`slice`) is cheaper than a view.
 */
const IN_OBJECT = 64;

export const utf8 = (text: string): Uint8Array => {
  const { length } = text;
  if (length > SHORT) return encoder.encode(text);
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text);
    out[i] = code;
  }
  return out;
};

/** How many bytes `utf8` gives: a lone surrogate takes three. */
export const utf8Length = (text: string): number => {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length++;
    else if (code < 0x800) length += 2;
    else if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
};
/** Writes a text where it has room, as `utf8` gives it. */
export const writeUtf8 = (out: Uint8Array, at: number, text: string): void => {
  const { length } = text;
  if (length <= SHORT) {
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      out[at + i] = code;
    }
    if (i === length) return;
  }
  encoder.encodeInto(text, out.subarray(at));
};

/** Undefined when the bytes are not valid UTF-8. A leading byte order mark is kept. */
export const utf8ToText = (bytes: Uint8Array): string | undefined => {
  const { length } = bytes;
  if (length <= SHORT) {
    let text = '';
    let i = 0;
    for (; i < length && (bytes[i] as number) < 0x80; i++) text += String.fromCharCode(bytes[i] as number);
    if (i === length) return text;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (part.length > SHORT) out.set(part, at);
    else for (let i = 0; i < part.length; i++) out[at + i] = part[i] as number;
    at += part.length;
  }
  return out;
};

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  let i = 0;
  if (a.length > IN_OBJECT) {
    // Four bytes at a time: every decoded cell is compared whole, and this is four times as fast (measured).
    const [left, right] = [
      new DataView(a.buffer, a.byteOffset, a.length),
      new DataView(b.buffer, b.byteOffset, b.length),
    ];
    for (; i + 4 <= a.length; i += 4) if (left.getInt32(i) !== right.getInt32(i)) return false;
  }
  for (; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** Order of byte strings as SQLite's BLOB comparison has it: memcmp, then length. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

/** The first byte string above all that begin with these bytes; undefined when nothing else is. */
export const abovePrefix = (prefix: Uint8Array): Uint8Array | undefined => {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1] as number;
    if (last === 255) continue;
    // A Buffer's `slice` would not copy.
    const above = new Uint8Array(length);
    for (let i = 0; i < length; i++) above[i] = prefix[i] as number;
    above[length - 1] = last + 1;
    return above;
  }
  return undefined;
};

/** The code of a hexadecimal digit. */
const digit = (value: number): number => (value < 10 ? 48 : 87) + value;
export const toHex = (bytes: Uint8Array): string => {
  let out = '';
  let i = 0;
  // A string for each byte costs more than the digits.
  for (; i + 4 <= bytes.length; i += 4) {
    const [a, b, c, d] = [bytes[i] as number, bytes[i + 1] as number, bytes[i + 2] as number, bytes[i + 3] as number];
    out += String.fromCharCode(
      digit(a >> 4),
      digit(a & 15),
      digit(b >> 4),
      digit(b & 15),
      digit(c >> 4),
      digit(c & 15),
      digit(d >> 4),
      digit(d & 15),
    );
  }
  for (; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    out += String.fromCharCode(digit(byte >> 4), digit(byte & 15));
  }
  return out;
};

/** As toHex for keys of maps in memory: two bytes a character, nothing for people or disks. Of an even number of bytes. */
export const toKey = (bytes: Uint8Array): string => {
  const pair = (at: number): number => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  let out = '';
  let i = 0;
  // A string for each letter costs more than the letters.
  for (; i + 8 <= bytes.length; i += 8) out += String.fromCharCode(pair(i), pair(i + 2), pair(i + 4), pair(i + 6));
  for (; i < bytes.length; i += 2) out += String.fromCharCode(pair(i));
  return out;
};

const digitOf = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
};
/** Undefined when the text is not an even number of lower-case hexadecimal digits. */
export const fromHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = (digitOf(text, 2 * i) << 4) | digitOf(text, 2 * i + 1);
  return out;
};

const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const B64_VALUE = new Map(Array.from(B64, (char, value) => [char, value] as const));

/** RFC 4648 section 5, without padding. */
export const toBase64url = (bytes: Uint8Array): string => {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += B64.charAt(word >> 18) + B64.charAt((word >> 12) & 63);
    if (b !== undefined) out += B64.charAt((word >> 6) & 63);
    if (c !== undefined) out += B64.charAt(word & 63);
  }
  return out;
};

/** Undefined for anything `toBase64url` would not have written (padding, spare bits, other letters). */
export const fromBase64url = (text: string): Uint8Array | undefined => {
  if (text.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const char of text) {
    const value = B64_VALUE.get(char);
    if (value === undefined) return undefined;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (word >> bits) & 255;
    }
  }
  return toBase64url(out) === text ? out : undefined;
};

/** Big-endian, so that keys made of it sort like the numbers. */
export const uint32 = (value: number): Uint8Array =>
  Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
export const readUint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
/** Big-endian, 6 bytes: enough for milliseconds since 1970 and for Lamport times. */
export const uint48 = (value: number): Uint8Array => {
  const out = new Uint8Array(6);
  writeUint48(out, 0, value);
  return out;
};
export const writeUint48 = (out: Uint8Array, at: number, value: number): void => {
  const high = Math.floor(value / 2 ** 32);
  out[at] = high >>> 8;
  out[at + 1] = high;
  writeUint32(out, at + 2, value % 2 ** 32);
};
export const writeUint32 = (out: Uint8Array, at: number, value: number): void => {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
};
export const readUint48 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) * 2 ** 40 + (bytes[at + 1] as number) * 2 ** 32 + readUint32(bytes, at + 2);
