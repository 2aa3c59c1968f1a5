import type { Pipe } from '@kith/core/client';

/** The two ends of a pipe inside one program. Values are cloned and arrive later, as through a real one. */
export const pipePair = (): readonly [Pipe, Pipe] => {
  let closed = false;
  const onClose: (() => void)[] = [];
  const close = (): void => {
    if (closed) return;
    closed = true;
    for (const listener of onClose) listener();
  };
  const oneWay = (): { send(value: unknown): void; onMessage(listener: (value: unknown) => void): void } => {
    let onMessage: ((value: unknown) => void) | undefined;
    const early: unknown[] = [];
    const deliver = (value: unknown): void => {
      if (closed) return;
      if (onMessage === undefined) early.push(value);
      else onMessage(value);
    };
    return {
      send: (value) => {
        const copy: unknown = structuredClone(value);
        queueMicrotask(() => deliver(copy));
      },
      onMessage: (listener) => {
        onMessage = listener;
        for (const value of early.splice(0)) listener(value);
      },
    };
  };
  const [there, back] = [oneWay(), oneWay()];
  const end = (out: typeof there, into: typeof there): Pipe => ({
    send: out.send,
    onMessage: into.onMessage,
    onClose: (listener) => {
      if (closed) listener();
      else onClose.push(listener);
    },
    close,
  });
  return [end(there, back), end(back, there)];
};
