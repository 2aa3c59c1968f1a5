import type { DeriveKey } from '@kith/core/client';

/** What the screens need from the browser beside the engine; the release fills it in, tests give their own. */
export interface Platform {
  /** Somebody used Kith in this browser before this page was opened: there may be a list to show. */
  readonly wasHere: boolean;
  /** True, false, or null when the browser does not say. */
  persisted(): Promise<boolean | null>;
  /** Asks the browser to keep the data; true when it agreed. */
  persist(): Promise<boolean>;
  usedBytes(): Promise<number | null>;
  /** A window that forgets everything when it is closed, as far as can be told. */
  privateWindow(): Promise<boolean>;
  /** Argon2id, where its memory goes away afterwards. */
  readonly derive: DeriveKey;
  /** Names the release that runs: the hash of the list of its files; null when it cannot be told. */
  build(): Promise<string | null>;
}
