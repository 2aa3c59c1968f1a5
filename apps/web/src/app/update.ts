// A new version is fetched and checked in the background, and put to use when the person says so: never under their hands.
import { useSyncExternalStore } from 'react';

let waiting: ServiceWorker | null = null;
const listeners = new Set<() => void>();

const offer = (worker: ServiceWorker | null): void => {
  waiting = worker;
  for (const listener of listeners) listener();
};

export async function startUpdates(scriptUrl: string): Promise<void> {
  const registration = await navigator.serviceWorker.register(scriptUrl, { scope: '/', type: 'module' });
  if (registration.waiting !== null && navigator.serviceWorker.controller !== null) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && navigator.serviceWorker.controller !== null) offer(worker);
    });
  });
  let asked = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over quietly; after that, a change of controller means that an update was asked for.
    if (waiting !== null && !asked) {
      asked = true;
      location.reload();
    }
  });
}

export const activateUpdate = (): void => waiting?.postMessage({ type: 'activate' });

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useUpdate = (): boolean => useSyncExternalStore(subscribe, () => waiting !== null);
