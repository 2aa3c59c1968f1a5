// The key of the database in a browser, kept in IndexedDB. It is encrypted under a WebCrypto key that scripts cannot
// export, so that a copied value is of no use by itself. What this does not do: whoever can read the browser's profile
// folder, or run code in this origin, can use that key too. Only a passphrase changes that; `wrap` leaves its place.
import { Secret } from '@kith/core/crypto';
import { StoreError } from '@kith/core/ports';

const KEY_BYTES = 32;
const VERSION = 1;
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
  'wrapping' in value &&
  value.wrapping instanceof CryptoKey &&
  'nonce' in value &&
  value.nonce instanceof Uint8Array &&
  'box' in value &&
  value.box instanceof ArrayBuffer;

const put = (keys: IDBDatabase, record: KeyRecord): Promise<void> =>
  new Promise((resolve, reject) => {
    // Strict: the key has to outlive a crash that the database outlives.
    const transaction = keys.transaction(STORE, 'readwrite', { durability: 'strict' });
    transaction.objectStore(STORE).put(record, 'key');
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

/** Undefined when there is none. Rejects with a StoreError: `key` for a damaged record, `newer`, `io`. */
export const readWebKey = (name: string): Promise<Secret | undefined> =>
  withKeys(name, async (keys) => {
    const record: unknown = await settled(keys.transaction(STORE).objectStore(STORE).get('key'));
    if (record === undefined) return undefined;
    if (!isRecord(record)) throw new StoreError('key', 'the key record is damaged');
    if (record.version > VERSION) throw new StoreError('newer', 'the key record is of a newer build');
    const bytes = await crypto.subtle
      .decrypt({ name: 'AES-GCM', iv: record.nonce }, record.wrapping, record.box)
      .catch(() => undefined);
    if (bytes?.byteLength !== KEY_BYTES) throw new StoreError('key', 'the key record is damaged');
    return new Secret(new Uint8Array(bytes));
  });

/** Makes a key and keeps it, in place of one that may be there. */
export const writeNewWebKey = (name: string): Promise<Secret> =>
  withKeys(name, async (keys) => {
    const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, wrapping, bytes);
    await put(keys, { version: VERSION, wrap: 'browser', wrapping, nonce, box });
    return new Secret(bytes);
  });
