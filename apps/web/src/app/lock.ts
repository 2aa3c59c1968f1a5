import type { Kith, LockState } from '@kith/core/client';
import { useCallback, useEffect, useState } from 'react';

/** How often signs of a person are told to the engine: well under the shortest time after which it locks itself. */
const TOLD_EVERY_MS = 10_000;
const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const;

/** Null while it is not known; then the state, kept fresh. `read` asks again. */
export function useLock(kith: Kith): readonly [LockState | null, () => void] {
  const [state, setState] = useState<LockState | null>(null);
  const read = useCallback((): void => {
    // What is wrong with the engine is said by what the screens ask of it.
    kith.call('lock.state', {}).then(setState, () => undefined);
  }, [kith]);
  useEffect(() => {
    read();
    return kith.onChange((change) => {
      if (change.type !== 'lock') return;
      // At once: nothing that was open stays on the screen until an answer comes.
      setState((known) => ({ passphrase: true, waitUntil: known?.waitUntil ?? null, locked: change.locked }));
      read();
    });
  }, [kith, read]);
  return [state, read];
}

/** Tells the engine that somebody is there, in any tab. */
export function useSignsOfLife(kith: Kith, on: boolean): void {
  useEffect(() => {
    if (!on) return;
    let toldAt = 0;
    const tell = (): void => {
      const now = Date.now();
      if (now - toldAt < TOLD_EVERY_MS) return;
      toldAt = now;
      kith.call('lock.touch', {}).catch(() => undefined);
    };
    for (const sign of SIGNS) addEventListener(sign, tell, { passive: true });
    return () => {
      for (const sign of SIGNS) removeEventListener(sign, tell);
    };
  }, [kith, on]);
}
