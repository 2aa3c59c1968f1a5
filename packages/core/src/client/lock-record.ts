// How a passphrase guards the key of a home: two slots that look alike whatever they hold. One of them opens under the
// passphrase; the other belongs to a duress passphrase, or to nobody. Described in spec/12-home.md.
import { concat, utf8 } from '../bytes/index.ts';
import { bytes, decode, encode, list, literal, named, tuple, uint, type Infer } from '../codec/index.ts';
import { Secret, type Crypto } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
/** An array, the number, and two byte strings of 32. */
const SLOT_PLAIN_BYTES = 1 + 1 + 2 * (2 + KEY_BYTES);
const SLOT_BYTES = NONCE_BYTES + SLOT_PLAIN_BYTES + 16;

/** libsodium's "moderate" cost: about a second on a computer, and the memory that a phone's browser still gives. */
export const PASSPHRASE_COST = { operations: 3, memory: 256 * 2 ** 20 } as const;

/** Beyond these a record is not read: it would stop the machine instead of opening the home. */
const MOST_OPERATIONS = 16;
const MOST_MEMORY = 2 ** 30;
/** What libsodium refuses to go below. */
const LEAST_MEMORY = 8192;

export const keyRecordCodec = named(
  'home-key',
  tuple({
    format: literal(1),
    salt: bytes(SALT_BYTES),
    operations: uint(MOST_OPERATIONS),
    memory: uint(MOST_MEMORY),
    slots: list(bytes(SLOT_BYTES), 2, 2),
  }),
);
export type KeyRecord = Infer<typeof keyRecordCodec>;
export const keySlotCodec = named(
  'home-key-slot',
  tuple({ does: uint(1), key: bytes(KEY_BYTES), other: bytes(KEY_BYTES) }),
);

export const encodeKeyRecord = (record: KeyRecord): Uint8Array => encode(keyRecordCodec, record);
export const decodeKeyRecord = (data: Uint8Array): KeyRecord | undefined => {
  const record = decode(keyRecordCodec, data);
  return record !== undefined && record.operations >= 1 && record.memory >= LEAST_MEMORY ? record : undefined;
};

export type Cost = Pick<KeyRecord, 'salt' | 'operations' | 'memory'>;
export interface Opened {
  /** `begin-anew`: the home that was here is to be deleted, and an empty one made under this key. */
  readonly does: 'open' | 'begin-anew';
  /** Of the database. */
  readonly key: Secret;
  /** What the other slot is sealed under: of a duress passphrase, or random. Nobody can tell which. */
  readonly other: Secret;
}
export const wipeOpened = ({ key, other }: Opened): void => {
  key.wipe();
  other.wipe();
};

const costCodec = tuple({ salt: bytes(SALT_BYTES), operations: uint(MOST_OPERATIONS), memory: uint(MOST_MEMORY) });
/** Bound to its cost, so that none of it can be exchanged. */
const associated = ({ salt, operations, memory }: Cost): Uint8Array =>
  concat(utf8('kith home key'), encode(costCodec, { salt, operations, memory }));

/** Undefined when the passphrase behind `under` fits neither slot. Both are tried whatever the first one says. */
export const openKeyRecord = (crypto: Crypto, record: KeyRecord, under: Secret): Opened | undefined => {
  const [found] = record.slots.flatMap((slot) => {
    const [nonce, box] = [slot.subarray(0, NONCE_BYTES), slot.subarray(NONCE_BYTES)];
    const plain = crypto.open(under.expose(), nonce, box, associated(record));
    const read = plain === undefined ? undefined : decode(keySlotCodec, plain);
    plain?.fill(0);
    if (read === undefined) return [];
    const does = read.does === 0 ? ('open' as const) : ('begin-anew' as const);
    return [{ does, key: new Secret(read.key), other: new Secret(read.other) }];
  });
  return found;
};

/** A record that `under` opens as `opened` says, and `opened.other` opens to begin anew. Keeps none of the secrets. */
export const sealKeyRecord = (
  crypto: Crypto,
  randomness: Randomness,
  cost: Cost,
  under: Secret,
  opened: Opened,
): KeyRecord => {
  const seal = (key: Secret, does: Opened['does'], databaseKey: Uint8Array, other: Uint8Array): Uint8Array => {
    const plain = encode(keySlotCodec, { does: does === 'open' ? 0 : 1, key: databaseKey, other });
    const nonce = randomness.bytes(NONCE_BYTES);
    const slot = concat(nonce, crypto.seal(key.expose(), nonce, plain, associated(cost)));
    plain.fill(0);
    return slot;
  };
  const real = seal(under, opened.does, opened.key.expose(), opened.other.expose());
  const second = seal(opened.other, 'begin-anew', randomness.bytes(KEY_BYTES), randomness.bytes(KEY_BYTES));
  const isFirst = ((randomness.bytes(1)[0] ?? 0) & 1) === 0;
  const { salt, operations, memory } = cost;
  return { format: 1, salt, operations, memory, slots: isFirst ? [real, second] : [second, real] };
};

export const newCost = (randomness: Randomness, cost: Omit<Cost, 'salt'>): Cost => ({
  salt: randomness.bytes(SALT_BYTES),
  operations: cost.operations,
  memory: cost.memory,
});
export const randomKey = (randomness: Randomness): Secret => new Secret(randomness.bytes(KEY_BYTES));

const MOST_PASSPHRASE_BYTES = 1024;
const LEAST_CHARACTERS = 8;
/** The bytes of a passphrase as it was typed anywhere: keyboards compose accents differently. Undefined: none can be so. */
export const passphraseBytes = (text: string): Uint8Array | undefined => {
  const composed = text.normalize('NFC');
  const all = composed.isWellFormed() ? utf8(composed) : new Uint8Array(0);
  return all.length > 0 && all.length <= MOST_PASSPHRASE_BYTES ? all : undefined;
};
/** Shorter ones are opened, and not set. */
export const isLongEnough = (text: string): boolean => Array.from(text.normalize('NFC')).length >= LEAST_CHARACTERS;
