// Near misses of what a parser takes: of its bytes, and of the values that the bytes stand for. A value bent as a value is whole CBOR
// again, so that it gets past the reader to what judges it.
import { concat, utf8 } from '@kith/core/bytes';
import { decode, encode, type Codec } from '@kith/core/codec';
import { bend } from '../fuzz.ts';
import type { SeededRandomness } from '../seeded-randomness.ts';

const anything: Codec<unknown> = { cddl: 'any', uses: [], out: (value) => value, in: (raw) => raw };
const NUMBERS = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, 2 ** 48, 2 ** 53 - 1];
const TEXTS = ['', '\u0000', '\u202e', '\ufeff', 'e\u0301', '😀', '__proto__', 'https://x', 'x'.repeat(300)];
const LONGEST = 200_000;

/** Byte strings inside of byte strings are formats of their own. */
const bendBytes = (bytes: Uint8Array, randomness: SeededRandomness): Uint8Array => {
  switch (randomness.int(4)) {
    case 0:
      return bendValue(bytes, randomness) ?? bend(bytes, randomness);
    case 1:
      return randomness.bytes(bytes.length);
    default:
      return bend(bytes, randomness);
  }
};
const bendNode = (node: unknown, others: readonly unknown[], randomness: SeededRandomness): unknown => {
  if (randomness.int(6) === 0) return randomness.pick(others);
  if (typeof node === 'number') {
    const near = [node + 1, Math.max(0, node - 1), randomness.int(256), randomness.pick(NUMBERS)];
    return Math.min(randomness.pick(near), Number.MAX_SAFE_INTEGER);
  }
  if (typeof node === 'string') return randomness.int(2) === 0 ? randomness.pick(TEXTS) : node + randomness.pick(TEXTS);
  if (node instanceof Uint8Array) return bendBytes(node, randomness);
  if (!Array.isArray(node)) return randomness.pick([null, true, false, 0, '', new Uint8Array(32), []]);
  const items = [...(node as readonly unknown[])];
  const at = randomness.int(items.length + 1);
  switch (randomness.int(4)) {
    case 0:
      return items.toSpliced(at, 1);
    case 1:
      return items.toSpliced(at, 0, randomness.pick(others));
    case 2:
      return items.length === 0 ? [items] : [...items, items[randomness.int(items.length)]];
    default:
      return items.toReversed();
  }
};
const nodesOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? [value, ...value.flatMap((item) => nodesOf(item))] : [value];
const replaced = (value: unknown, node: unknown, by: unknown): unknown => {
  if (value === node) return by;
  return Array.isArray(value) ? value.map((item) => replaced(item, node, by)) : value;
};
/** Undefined for what is no CBOR. */
const bendValue = (from: Uint8Array, randomness: SeededRandomness): Uint8Array | undefined => {
  const value = decode(anything, from);
  if (value === undefined) return undefined;
  const nodes = nodesOf(value);
  const node = randomness.pick(nodes);
  return encode(anything, replaced(value, node, bendNode(node, nodes, randomness)));
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const OTHER: readonly unknown[] = [null, true, 0, -1, 1.5, 2 ** 53, '', {}, [], { toString: 1 }, 'x'.repeat(300)];
/** Of every value of it one field, item or word another. */
const bendJson = (value: unknown, lent: readonly string[], randomness: SeededRandomness): unknown => {
  if (Array.isArray(value) && value.length > 0 && randomness.int(4) > 0) {
    const at = randomness.int(value.length);
    return value.toSpliced(at, randomness.int(4) === 0 ? 0 : 1, bendJson(value[at], lent, randomness));
  }
  const names = isObject(value) ? Object.keys(value) : [];
  if (isObject(value) && randomness.int(6) > 0) {
    const name = names.length === 0 || randomness.int(3) === 0 ? randomness.pick(lent) : randomness.pick(names);
    const { [name]: old, ...rest } = value;
    return randomness.int(8) === 0 ? rest : { ...rest, [name]: bendJson(old, lent, randomness) };
  }
  if (typeof value === 'string' && randomness.int(2) === 0) return value + randomness.pick(TEXTS);
  return randomness.int(2) === 0 ? randomness.pick(OTHER) : randomness.pick(lent);
};
/** Undefined for what is no JSON. Lines of it are bent one by one. */
const bendJsonText = (
  from: Uint8Array,
  lent: readonly Uint8Array[],
  randomness: SeededRandomness,
): Uint8Array | undefined => {
  if (from[0] !== OPEN.object && from[0] !== OPEN.array) return undefined;
  const lines = reader.decode(from).split('\n');
  const at = randomness.int(lines.length);
  try {
    const words = [...lent.map((word) => reader.decode(word).replaceAll(/[":]/g, '')), 'id', 'toString'];
    return utf8(lines.with(at, JSON.stringify(bendJson(JSON.parse(lines[at] ?? ''), words, randomness))).join('\n'));
  } catch {
    // JSON.parse has no other way to say no, and what is nested deeply overflows the stack of this bending only.
    return undefined;
  }
};
const OPEN = { object: 0x7b, array: 0x5b } as const;
const reader = new TextDecoder();

/** `corpus`: what may lend a piece. `words`: pieces that mean something to this parser. */
export const bendMore = (
  from: Uint8Array,
  corpus: readonly Uint8Array[],
  words: readonly Uint8Array[],
  randomness: SeededRandomness,
): Uint8Array => {
  let out = from;
  for (let times = randomness.pick([1, 1, 1, 2, 4]); times > 0; times--) {
    const at = randomness.int(out.length + 1);
    switch (randomness.int(7)) {
      case 0: {
        const other = randomness.pick(corpus);
        out = concat(out.subarray(0, at), other.subarray(randomness.int(other.length + 1)));
        break;
      }
      case 1:
        if (words.length > 0) out = concat(out.subarray(0, at), randomness.pick(words), out.subarray(at));
        break;
      case 2:
      case 3:
        out = bendJsonText(out, words, randomness) ?? bendValue(out, randomness) ?? bend(out, randomness);
        break;
      case 4:
        if (out.length > 0) out = out.with(randomness.int(out.length), randomness.int(256));
        break;
      default:
        out = bend(out, randomness);
    }
  }
  return out.length > LONGEST ? out.slice(0, LONGEST) : out;
};
