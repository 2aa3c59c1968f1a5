// Which context one is in: what the list shows is where new people are met, unless another is chosen.
import type { ContextView } from '@kith/core/client';
import { useSyncExternalStore } from 'react';
import { none, useQuery } from './kith.tsx';

/** Everything; what stands in no context; or one context's id. */
export type Shown = 'all' | 'outside' | { readonly context: string };

let shown: Shown = 'all';
const listeners = new Set<() => void>();
export const showContext = (next: Shown): void => {
  shown = next;
  for (const listener of listeners) listener();
};
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const NOTHING: readonly ContextView[] = [];

/** Empty before there is one: then no screen speaks of them. Undefined: not known yet. */
export function useContextsIfKnown(): readonly ContextView[] | undefined {
  const [all] = useQuery('context.list', none);
  return all.status === 'loading' ? undefined : all.status === 'ready' ? all.value : NOTHING;
}
export const useContexts = (): readonly ContextView[] => useContextsIfKnown() ?? NOTHING;
/** What the list shows; everything again when the context is gone. */
export function useShown(): Shown {
  const all = useContexts();
  const wanted = useSyncExternalStore(subscribe, () => shown);
  if (wanted === 'all' || all.length === 0) return 'all';
  return wanted === 'outside' || all.some(({ context }) => context === wanted.context) ? wanted : 'all';
}
export const isShown = (where: string | null, wanted: Shown): boolean =>
  wanted === 'all' || (wanted === 'outside' ? where === null : where === wanted.context);
/** Where somebody who is added now stands, unless another is chosen. */
export const contextOfShown = (wanted: Shown): string | null =>
  wanted === 'all' || wanted === 'outside' ? null : wanted.context;
