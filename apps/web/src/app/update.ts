// A new version is fetched and checked in the background, and put to use when the person says so: never under their hands.
import { REQUESTS_LOCK } from '@kith/platform-web';
import { useSyncExternalStore } from 'react';

/** `asked`: it was said so, and the browser ends the release that runs, which takes it a second, and at worst a minute. */
export type Update = 'none' | 'offered' | 'asked';

let waiting: ServiceWorker | null = null;
let state: Update = 'none';
const listeners = new Set<() => void>();

const become = (next: Update): void => {
  state = next;
  for (const listener of listeners) listener();
};
const offer = (worker: ServiceWorker): void => {
  waiting = worker;
  become('offered');
};

/** `ownFile`: the path of a file of the release that this page is of. */
export async function startUpdates(scriptUrl: string, ownFile: string): Promise<void> {
  const workers = navigator.serviceWorker;
  // A page of the old release that was on its way while the new one took over: once, since a shrunk cache is no update.
  const once = 'kith-outdated';
  if (workers.controller === null || (await caches.match(ownFile)) !== undefined) sessionStorage.removeItem(once);
  else if (sessionStorage.getItem(once) === null) {
    sessionStorage.setItem(once, '1');
    location.reload();
    return;
  }
  const registration = await workers.register(scriptUrl, { scope: '/', type: 'module' });
  if (registration.waiting !== null && workers.controller !== null) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && workers.controller !== null) offer(worker);
    });
  });
}

/** That a browser takes to end one worker and to begin the next, and how long a request to a relay may keep it from that. */
const QUIET_MS = 5000;
const PATIENCE_MS = 1000;
/**
 * No request to a relay begins meanwhile, in any tab. Chromium ends the worker of the old release when nothing happens in it, and
 * if a request starts it anew at that moment it looks again a minute later.
 */
export function activateUpdate(): void {
  const activate = (): void => waiting?.postMessage({ type: 'activate' });
  const late = setTimeout(activate, PATIENCE_MS);
  navigator.locks
    .request(REQUESTS_LOCK, { signal: AbortSignal.timeout(QUIET_MS) }, async () => {
      clearTimeout(late);
      activate();
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    })
    // A request hangs for as long as that: it was activated all the same.
    .catch(() => undefined);
  become('asked');
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useUpdate = (): Update => useSyncExternalStore(subscribe, () => state);
