// One value describes a wire format: its type, its bounds, its bytes and its CDDL (RFC 8610).
// Formats are positional CBOR arrays (RFC 8949, deterministic encoding); decoding is strict.
import { utf8 } from '../bytes/index.ts';
import { readCbor, writeCbor } from './cbor.ts';

export interface Codec<T> {
  readonly cddl: string;
  /** Named formats this one refers to, so that a spec page can print them all. */
  readonly uses: readonly Named[];
  /** To the plain CBOR data model. */
  readonly out: (value: T) => unknown;
  /** From the plain CBOR data model; undefined when the value does not belong to the format. */
  readonly in: (raw: unknown) => T | undefined;
}
export interface Named {
  readonly name: string;
  readonly cddl: string;
  readonly uses: readonly Named[];
}
export type Infer<C> = C extends Codec<infer T> ? T : never;
type Simplify<T> = { [K in keyof T]: T[K] };
// oxlint-disable-next-line typescript/no-explicit-any -- a codec is invariant; a bound over all codecs has no other spelling.
type AnyCodec = Codec<any>;
type Shape = Readonly<Record<string, AnyCodec>>;
type Fields<S extends Shape> = Simplify<{ readonly [K in keyof S]: Infer<S[K]> }>;

const leaf = <T>(cddl: string, read: (raw: unknown) => T | undefined): Codec<T> => ({
  cddl,
  uses: [],
  out: (value) => value,
  in: read,
});
const isUint = (raw: unknown): raw is number => typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0;

/** 0 to max, at most 2^53 - 1. */
export const uint = (max = Number.MAX_SAFE_INTEGER): Codec<number> =>
  leaf(`uint .le ${max}`, (raw) => (isUint(raw) && raw <= max ? raw : undefined));
export const bool: Codec<boolean> = leaf('bool', (raw) => (typeof raw === 'boolean' ? raw : undefined));
/** Exactly this number: versions, kinds. */
export const literal = <N extends number>(value: N): Codec<N> =>
  leaf(String(value), (raw) => (raw === value ? value : undefined));

/** No UTF-16 unit takes more than three bytes. */
const fits = (raw: string, max: number): boolean => raw.length * 3 <= max || utf8(raw).length <= max;
/** At most `max` bytes of UTF-8; lone surrogates do not belong to the format. */
export const text = (max: number): Codec<string> =>
  leaf(`tstr .size (0..${max})`, (raw) =>
    typeof raw === 'string' && raw.length <= max && raw.isWellFormed() && fits(raw, max) ? raw : undefined,
  );
export const bytes = (min: number, max = min): Codec<Uint8Array> =>
  leaf(min === max ? `bstr .size ${min}` : `bstr .size (${min}..${max})`, (raw) =>
    raw instanceof Uint8Array && raw.length >= min && raw.length <= max ? raw : undefined,
  );

/** Gives a codec's values a nominal type; the decoder is the one place that makes them from outside bytes. */
export const brand = <T, B extends T>(codec: Codec<T>): Codec<B> => codec as unknown as Codec<B>;

export const named = <T>(name: string, codec: Codec<T>): Codec<T> => ({
  ...codec,
  cddl: name,
  uses: [{ name, cddl: codec.cddl, uses: codec.uses }],
});

export const nullable = <T>(codec: Codec<T>): Codec<T | null> => ({
  cddl: `${codec.cddl} / null`,
  uses: codec.uses,
  out: (value) => (value === null ? null : codec.out(value)),
  in: (raw) => (raw === null ? null : codec.in(raw)),
});

export const list = <T>(item: Codec<T>, max: number, min = 0): Codec<readonly T[]> => ({
  cddl: `[${min}*${max} ${item.cddl.includes(' / ') ? `(${item.cddl})` : item.cddl}]`,
  uses: item.uses,
  out: (value) => value.map(item.out),
  in: (raw) => {
    if (!Array.isArray(raw) || raw.length > max || raw.length < min) return undefined;
    const values: T[] = [];
    for (let i = 0; i < raw.length; i++) {
      const value = item.in(raw[i]);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  },
});

/** Positional: fields in the order written, so there are no keys to sort, repeat or misspell. */
export const tuple = <S extends Shape>(shape: S): Codec<Fields<S>> => {
  const fields = Object.entries(shape);
  const names = fields.map(([name]) => name);
  const outs = fields.map(([, codec]) => codec.out);
  const ins = fields.map(([, codec]) => codec.in);
  return {
    cddl: `[${fields.map(([name, codec]) => `${name}: ${codec.cddl}`).join(', ')}]`,
    uses: fields.flatMap(([, codec]) => codec.uses),
    // Every row and every packet passes here: no pairs to take apart.
    out: (value) => {
      // oxlint-disable-next-line unicorn/no-new-array -- one that grows begins with room for 17, and most have three to ten.
      const raw = new Array<unknown>(names.length);
      for (let i = 0; i < names.length; i++)
        raw[i] = (outs[i] as AnyCodec['out'])((value as Record<string, unknown>)[names[i] as string]);
      return raw;
    },
    in: (raw) => {
      if (!Array.isArray(raw) || raw.length !== names.length) return undefined;
      const value: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) {
        const field: unknown = (ins[i] as AnyCodec['in'])(raw[i]);
        if (field === undefined) return undefined;
        value[names[i] as string] = field;
      }
      return value as Fields<S>;
    },
  };
};

type Cases = Readonly<Record<string, readonly [number, AnyCodec]>>;
type UnionOf<U extends Cases> = {
  [K in keyof U & string]: Simplify<{ readonly type: K } & Infer<U[K][1]>>;
}[keyof U & string];

/** Discriminated union on `type`; the number goes on the wire, the name stays in the code. */
export const union = <U extends Cases>(cases: U): Codec<UnionOf<U>> => {
  const byNumber = new Map(Object.entries(cases).map(([type, [number, codec]]) => [number, { type, codec }] as const));
  return {
    cddl: Object.values(cases)
      .map(([number, codec]) => `[${number}, ${codec.cddl}]`)
      .join(' / '),
    uses: Object.values(cases).flatMap(([, codec]) => codec.uses),
    out: (value) => {
      const [number, codec] = (cases as Cases)[value.type as string] as readonly [number, AnyCodec];
      return [number, codec.out(value)];
    },
    in: (raw) => {
      if (!Array.isArray(raw) || raw.length !== 2) return undefined;
      const found = isUint(raw[0]) ? byNumber.get(raw[0]) : undefined;
      if (found === undefined) return undefined;
      const body: unknown = found.codec.in(raw[1]);
      return body === undefined ? undefined : ({ type: found.type, ...(body as object) } as unknown as UnionOf<U>);
    },
  };
};

/** One entry of the extension map that ends every signed object. */
export interface Extension {
  readonly id: number;
  /** A reader that does not know a critical extension treats the whole object as of an unknown kind. */
  readonly critical: boolean;
  readonly value: Uint8Array;
}
const MAX_EXTENSIONS = 8;
const extension = tuple({ id: uint(65535), critical: bool, value: bytes(0, 256) });
/** At most 8 entries, ids rising: the one place where a newer peer may add fields. */
export const extensions: Codec<readonly Extension[]> = named('extensions', {
  ...list(extension, MAX_EXTENSIONS),
  in: (raw) => {
    const entries = list(extension, MAX_EXTENSIONS).in(raw);
    return entries?.every((entry, i) => i === 0 || entry.id > (entries[i - 1] as Extension).id) ? entries : undefined;
  },
});
/** True when an entry is critical and not among the ids this build knows. */
export const hasUnknownCritical = (entries: readonly Extension[], known: readonly number[] = []): boolean =>
  entries.some((entry) => entry.critical && !known.includes(entry.id));

/** Plain bytes of their own on every platform. Throws for what is not of the format's model. */
export const encode = <T>(codec: Codec<T>, value: T): Uint8Array => writeCbor(codec.out(value));

/**
 * Accepts exactly the bytes `encode` produces: a value has one encoding, so hashes and signatures agree everywhere. The
 * reader takes nothing but the one form of each value, and codecs neither add nor drop anything.
 * Undefined for anything else, never an exception.
 */
export const decode = <T>(codec: Codec<T>, data: Uint8Array): T | undefined => {
  const raw = readCbor(data);
  return raw === undefined ? undefined : codec.in(raw);
};

/** Formats that are told apart by a number kept beside the bytes; unlike in a union an unknown number is no damage. */
export interface Kinds<V> {
  readonly cases: readonly { readonly type: string; readonly kind: number; readonly codec: Codec<unknown> }[];
  encode(value: V): { readonly kind: number; readonly bytes: Uint8Array };
  /** Undefined for unknown kinds and for bytes that are not of the format. */
  decode(kind: number, data: Uint8Array): V | undefined;
  knows(kind: number): boolean;
}
export const kinds = <U extends Cases>(cases: U): Kinds<UnionOf<U>> => {
  const byNumber = new Map(Object.entries(cases).map(([type, [kind, codec]]) => [kind, { type, codec }] as const));
  return {
    cases: Object.entries(cases).map(([type, [kind, codec]]) => ({ type, kind, codec })),
    encode: (value) => {
      const [kind, codec] = (cases as Cases)[value.type as string] as readonly [number, AnyCodec];
      return { kind, bytes: encode(codec, value) };
    },
    decode: (kind, data) => {
      const found = byNumber.get(kind);
      const value: unknown = found === undefined ? undefined : decode(found.codec, data);
      return value === undefined ? undefined : ({ type: found?.type, ...(value as object) } as unknown as UnionOf<U>);
    },
    knows: (kind) => byNumber.has(kind),
  };
};
/** The value type of `kinds`. */
export type KindOf<K> = K extends Kinds<infer V> ? V : never;
