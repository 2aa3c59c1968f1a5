// Pipes over what browsers have: a MessagePort to the worker of this tab, a BroadcastChannel to the worker of another.
import type { Pipe } from '@kith/core/client';

/** A pipe whose incoming values and end are told by somebody else. */
export interface FedPipe extends Pipe {
  deliver(value: unknown): void;
  /** The other side is gone. */
  finish(): void;
}

export const fedPipe = (send: (value: unknown) => void, onEnd: () => void = () => undefined): FedPipe => {
  let onMessage: ((value: unknown) => void) | undefined;
  const closers: (() => void)[] = [];
  const early: unknown[] = [];
  let open = true;
  const finish = (): void => {
    if (!open) return;
    open = false;
    onEnd();
    for (const closer of closers.splice(0)) closer();
  };
  return {
    send: (value) => {
      if (open) send(value);
    },
    onMessage: (listener) => {
      onMessage = listener;
      for (const value of early.splice(0)) listener(value);
    },
    onClose: (listener) => {
      if (open) closers.push(listener);
      else listener();
    },
    close: finish,
    deliver: (value) => {
      if (!open) return;
      if (onMessage === undefined) early.push(value);
      else onMessage(value);
    },
    finish,
  };
};

/** A MessagePort does not tell when its other side ends: whoever knows calls `finish`. */
export const portPipe = (port: MessagePort): FedPipe => {
  const pipe = fedPipe(
    (value) => port.postMessage(value),
    () => port.close(),
  );
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => pipe.deliver(data));
  port.start();
  return pipe;
};

/** What tabs and the engine say to each other in the channel of a home. */
export type ChannelMessage =
  /** From a tab: which engine is there? */
  | { readonly type: 'who' }
  /** From the engine, at its start and when asked. */
  | { readonly type: 'engine'; readonly engine: string }
  | { readonly type: 'to-engine'; readonly engine: string; readonly tab: string; readonly value: unknown }
  | { readonly type: 'to-tab'; readonly engine: string; readonly tab: string; readonly value: unknown };

export interface HomeChannel {
  post(message: ChannelMessage): void;
  close(): void;
}
export const openChannel = (home: string, onMessage: (message: ChannelMessage) => void): HomeChannel => {
  const channel = new BroadcastChannel(`kith ${home}`);
  // Only this origin's own code can post here.
  channel.addEventListener('message', ({ data }: MessageEvent<ChannelMessage>) => onMessage(data));
  return {
    post: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
};

export const engineLock = (home: string): string => `kith ${home} engine`;
/** Held by a tab as long as it lives, so that the engine notices its end. */
export const tabLock = (home: string, tab: string): string => `kith ${home} tab ${tab}`;
