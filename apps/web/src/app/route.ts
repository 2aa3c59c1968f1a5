// Where we are. It lives in the history's state, not in the address: an address would write down in the browser's
// history who talks to whom. Only what arrives from outside has an address, `/i#…`, and that is replaced at once.
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly at: 'list' }
  | { readonly at: 'conversation'; readonly conversation: string; readonly event?: string; readonly details?: boolean }
  | { readonly at: 'add'; readonly mode: 'show' | 'scan' }
  | { readonly at: 'invite'; readonly link: string }
  | { readonly at: 'devices'; readonly mode?: 'add' | 'lost' }
  | { readonly at: 'device'; readonly link: string | null }
  | { readonly at: 'safe' }
  | { readonly at: 'recovery'; readonly mode: 'make' | 'use'; readonly link?: string }
  | { readonly at: 'requests' }
  | { readonly at: 'search'; readonly query: string; readonly conversation?: string }
  | { readonly at: 'settings' }
  | { readonly at: 'help'; readonly page: 'protects' | 'cannot' };

const start: Route = { at: 'list' };
const listeners = new Set<() => void>();

const places: ReadonlySet<string> = new Set<Route['at']>([
  'list',
  'conversation',
  'add',
  'invite',
  'devices',
  'device',
  'safe',
  'recovery',
  'requests',
  'search',
  'settings',
  'help',
]);
const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'string' && places.has(value.at);

const fromAddress = (): Route | null => {
  if (location.hash.length < 2) return null;
  if (location.pathname === '/i') return { at: 'invite', link: location.href };
  return location.pathname === '/d' ? { at: 'device', link: location.href } : null;
};

let current: Route = start;

/** Reads the address once; after that, going back and forth moves through the states. */
export function startRouting(): void {
  const read = (): void => {
    const arrived = fromAddress();
    current = arrived ?? (isRoute(history.state) ? history.state : start);
    if (arrived !== null) history.replaceState(arrived, '', '/');
    for (const listener of listeners) listener();
  };
  read();
  addEventListener('popstate', read);
}

export function go(route: Route, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(route, '');
  else history.replaceState(route, '');
  current = route;
  for (const listener of listeners) listener();
}

/** The way out of every page: to the conversations. */
export const goToList = (): void => go(start);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useRoute = (): Route => useSyncExternalStore(subscribe, () => current);
