// What opens the database in a browser, kept in IndexedDB: the key, or the record that a passphrase opens. It is encrypted
// under a WebCrypto key that scripts cannot export, so that a copied value is of no use by itself. What this does not do:
// whoever can read the browser's profile folder, or run code in this origin, can use that key too. A passphrase changes that.
import type { KeptKey } from '@kith/core/client';
import { Secret } from '@kith/core/crypto';
import { StoreError } from '@kith/core/ports';

const KEY_BYTES = 32;
/** Version 2 came with passphrases; a key without one is still written as version 1, which every build reads. */
const FORMS = { none: { version: 1, wrap: 'browser' }, passphrase: { version: 2, wrap: 'passphrase' } } as const;
const NEWEST = 2;
const STORE = 'home';

interface KeyRecord {
  readonly version: number;
  readonly wrap: string;
  readonly wrapping: CryptoKey;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly box: ArrayBuffer;
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(new StoreError('io', request.error?.name ?? 'IndexedDB')));
  });
const openKeys = (name: string): Promise<IDBDatabase> => {
  const request = indexedDB.open(name, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return settled(request);
};
const withKeys = async <T>(name: string, work: (keys: IDBDatabase) => Promise<T>): Promise<T> => {
  const keys = await openKeys(name);
  try {
    return await work(keys);
  } finally {
    keys.close();
  }
};

const isRecord = (value: unknown): value is KeyRecord =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  typeof value.version === 'number' &&
  'wrap' in value &&
  typeof value.wrap === 'string' &&
  'wrapping' in value &&
  value.wrapping instanceof CryptoKey &&
  'nonce' in value &&
  value.nonce instanceof Uint8Array &&
  'box' in value &&
  value.box instanceof ArrayBuffer;

const put = (keys: IDBDatabase, name: 'key' | 'guard', record: KeyRecord | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    // Strict: the key has to outlive a crash that the database outlives.
    const transaction = keys.transaction(STORE, 'readwrite', { durability: 'strict' });
    transaction.objectStore(STORE).put(record, name);
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => {
      reject(
        new StoreError(
          transaction.error?.name === 'QuotaExceededError' ? 'full' : 'io',
          transaction.error?.name ?? 'IndexedDB',
        ),
      );
    });
  });
const get = (keys: IDBDatabase, name: 'key' | 'guard'): Promise<unknown> =>
  settled(keys.transaction(STORE).objectStore(STORE).get(name));

/** Undefined when there is none. Rejects with a StoreError: `key` for a damaged record, `newer`, `io`. */
export const readWebKey = (name: string): Promise<KeptKey | undefined> =>
  withKeys(name, async (keys) => {
    const record = await get(keys, 'key');
    if (record === undefined) return undefined;
    if (!isRecord(record)) throw new StoreError('key', 'the key record is damaged');
    if (record.version > NEWEST) throw new StoreError('newer', 'the key record is of a newer build');
    const opened = await crypto.subtle
      .decrypt({ name: 'AES-GCM', iv: record.nonce }, record.wrapping, record.box)
      .catch(() => undefined);
    const held = opened === undefined ? undefined : new Uint8Array(opened);
    const isOf = ({ version, wrap }: (typeof FORMS)[keyof typeof FORMS]): boolean =>
      record.version === version && record.wrap === wrap;
    if (isOf(FORMS.none) && held?.length === KEY_BYTES) return { wrap: 'none', key: new Secret(held) };
    if (isOf(FORMS.passphrase) && held !== undefined) return { wrap: 'passphrase', record: held };
    throw new StoreError('key', 'the key record is damaged');
  });

/** In place of one that may be there. */
export const writeWebKey = (name: string, kept: KeptKey): Promise<void> =>
  withKeys(name, async (keys) => {
    const held = Uint8Array.from(kept.wrap === 'none' ? kept.key.expose() : kept.record);
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, wrapping, held);
    held.fill(0);
    await put(keys, 'key', { ...FORMS[kept.wrap], wrapping, nonce, box });
  });

/** Makes a key and keeps it, in place of one that may be there. */
export const writeNewWebKey = async (name: string): Promise<void> => {
  const key = new Secret(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
  await writeWebKey(name, { wrap: 'none', key });
  key.wipe();
};

export const readWebGuard = (name: string): Promise<Uint8Array | undefined> =>
  withKeys(name, async (keys) => {
    const guard = await get(keys, 'guard');
    return guard instanceof Uint8Array ? guard : undefined;
  });
export const writeWebGuard = (name: string, guard: Uint8Array): Promise<void> =>
  withKeys(name, (keys) => put(keys, 'guard', guard));
