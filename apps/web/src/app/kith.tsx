import type { Contact, Kith, Method, Methods } from '@kith/core/client';
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import type { Platform } from './platform.ts';
import { problemOf, type ProblemCode } from './problem.ts';
import { Queries, type Query } from './query.ts';

interface Held {
  readonly kith: Kith;
  readonly queries: Queries;
  readonly platform: Platform;
}
const KithContext = createContext<Held | null>(null);

export function KithProvider({ kith, platform, children }: { kith: Kith; platform: Platform; children: ReactNode }) {
  const held = useMemo(() => ({ kith, platform, queries: new Queries(kith) }), [kith, platform]);
  return <KithContext value={held}>{children}</KithContext>;
}

function useHeld(): Held {
  const held = use(KithContext);
  if (held === null) throw new Error('no KithProvider above this screen');
  return held;
}

export const useKith = (): Kith => useHeld().kith;
export const usePlatform = (): Platform => useHeld().platform;

/** Reads something and keeps it fresh. `again` is for "Try again". */
export function useQuery<M extends Method>(
  method: M,
  params: Methods[M]['params'],
): readonly [Query<Methods[M]['result']>, () => void] {
  const { queries } = useHeld();
  const key = JSON.stringify(params);
  const listen = useCallback(
    (listener: () => void) => queries.listen(method, JSON.parse(key) as Methods[M]['params'], listener),
    [queries, method, key],
  );
  const state = useSyncExternalStore(listen, () => queries.read(method, params));
  return [state, () => queries.again(method, params)];
}

export const none: Record<string, never> = {};

export function useContacts(): readonly Contact[] {
  const [contacts] = useQuery('contact.list', none);
  return contacts.status === 'ready' ? contacts.value : [];
}

/** Does something once; holds the problem until the next try. */
export function useAction<A extends readonly unknown[]>(
  action: (...values: A) => Promise<void>,
): {
  readonly run: (...values: A) => void;
  readonly busy: boolean;
  readonly problem: ProblemCode | null;
  readonly clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemCode | null>(null);
  const run = (...values: A): void => {
    setBusy(true);
    setProblem(null);
    action(...values)
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false));
  };
  return { run, busy, problem, clear: () => setProblem(null) };
}

/** Milliseconds since 1970, moving on every `everyMs` while `on`. */
export function useNow(everyMs: number, on: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!on) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, on]);
  return now;
}
