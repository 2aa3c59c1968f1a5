// A new version is fetched and checked in the background, and put to use when the person says so: never under their hands.
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

export const activateUpdate = (): void => {
  waiting?.postMessage({ type: 'activate' });
  become('asked');
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useUpdate = (): Update => useSyncExternalStore(subscribe, () => state);
