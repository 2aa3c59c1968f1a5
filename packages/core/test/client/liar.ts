// A relay that lies, between a device and an honest one: it changes what devices are answered, and what is pushed to them.
import type { RelayRequest, RelayResponse } from '@kith/core/ports';
import type { MemoryNetwork } from '@kith/testkit/memory-network';

export interface Lies {
  answer?(relay: string, request: RelayRequest, answer: RelayResponse): RelayResponse;
  /** Cells that come instead of one that is pushed. */
  push?(relay: string, cell: Uint8Array): readonly Uint8Array[];
}
export const lying = (network: MemoryNetwork, lies: Lies): MemoryNetwork => ({
  ...network,
  transport: (options) => {
    const inner = network.transport(options);
    return {
      ...inner,
      send: (relay, request, callback) =>
        inner.send(relay, request, (answer) =>
          callback(answer instanceof Error ? answer : (lies.answer?.(relay, request, answer) ?? answer)),
        ),
      onEvent: (listener) =>
        inner.onEvent((event) => {
          const cells = event.type === 'cell' ? lies.push?.(event.relay, event.cell) : undefined;
          if (event.type !== 'cell' || cells === undefined) listener(event);
          else for (const cell of cells) listener({ ...event, cell });
        }),
    };
  },
});
