// What has to be known before anything is typed: can Kith keep data here, and will the browser keep it?

export type Feature = 'secure-context' | 'opfs' | 'web-locks' | 'worker' | 'wasm';

/** What only the engine's worker can find out: it is missing although the page saw no sign of that. */
export class MissingFeature extends Error {
  readonly feature: Feature;
  constructor(feature: Feature) {
    super(`this browser has no ${feature}`);
    this.feature = feature;
  }
}

/** Private windows of some browsers have the calls and refuse them. */
const hasOpfs = async (): Promise<boolean> => {
  if (typeof FileSystemFileHandle === 'undefined' || navigator.storage?.getDirectory === undefined) return false;
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch {
    // Refused is missing; which of the reasons it was, browsers do not say.
    return false;
  }
};
/** The smallest WebAssembly module: magic and version. */
const hasWasm = (): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

/** Nothing is missing at first sight, without asking the browser: an engine may be started while it is asked. */
export const mayStart = (): boolean =>
  globalThis.isSecureContext &&
  navigator.locks !== undefined &&
  navigator.storage?.getDirectory !== undefined &&
  typeof Worker !== 'undefined' &&
  typeof BroadcastChannel !== 'undefined';

/** What this browser lacks of what Kith needs; empty when it can run. Needs nothing itself. */
export const missingFeatures = async (): Promise<readonly Feature[]> => {
  const missing: Feature[] = [];
  if (!globalThis.isSecureContext) missing.push('secure-context');
  if (!(await hasOpfs())) missing.push('opfs');
  if (navigator.locks === undefined) missing.push('web-locks');
  if (typeof Worker === 'undefined' || typeof BroadcastChannel === 'undefined') missing.push('worker');
  if (!hasWasm()) missing.push('wasm');
  return missing;
};

export interface StorageStatus {
  /** The browser keeps the data until the person deletes it; null when it does not say. */
  readonly persisted: boolean | null;
  /** Bytes used, and at most usable, as far as the browser tells. */
  readonly used: number | null;
  readonly quota: number | null;
}
export const storageStatus = async (): Promise<StorageStatus> => {
  const persisted = (await navigator.storage?.persisted?.()) ?? null;
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  return { persisted, used: usage ?? null, quota: quota ?? null };
};
/** Asks the browser to keep the data for good; some browsers ask the person. True when it is granted. */
export const requestPersistence = async (): Promise<boolean> => (await navigator.storage?.persist?.()) ?? false;
