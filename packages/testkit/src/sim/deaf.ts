// A client that was changed so that it hears nothing: what others say of it (that it was removed) does not stop it.
import type { MemoryNetwork, MemoryTransport } from '../memory-network.ts';

export const deafNetwork = (inner: MemoryNetwork, isDeaf: () => boolean): MemoryNetwork => {
  const transport = (one: MemoryTransport): MemoryTransport => ({
    ...one,
    send: (relay, request, callback) =>
      one.send(relay, request, (answer) =>
        callback(
          isDeaf() && !(answer instanceof Error) && answer.type === 'cells'
            ? { ...answer, cells: [], total: 0 }
            : answer,
        ),
      ),
    onEvent: (listener) =>
      one.onEvent((event) => {
        if (event.type !== 'cell' || !isDeaf()) listener(event);
      }),
  });
  return { ...inner, transport: (options) => transport(inner.transport(options)) };
};
