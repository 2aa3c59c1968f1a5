// The screens are drawn while the engine starts: what they ask waits for it.
import type { Change, Kith } from '@kith/core/client';

/** A start that fails is told by whoever began it; what was asked then stays without an answer. */
export function pendingKith(starting: Promise<Kith>): Kith {
  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        starting.then(
          (kith) => kith.call(method, params).then(resolve, reject),
          () => undefined,
        );
      }),
    onChange: (listener: (change: Change) => void) => {
      let stop: (() => void) | undefined;
      let stopped = false;
      starting.then(
        (kith) => {
          if (!stopped) stop = kith.onChange(listener);
        },
        () => undefined,
      );
      return () => {
        stopped = true;
        stop?.();
      };
    },
    close: async () => (await starting).close(),
  };
}
