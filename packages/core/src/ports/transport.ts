import type { RelayRequest, RelayResponse } from './relay-wire.ts';

/** What a transport reports beside answers. */
export type TransportEvent =
  | { readonly type: 'online'; readonly relay: string }
  | { readonly type: 'offline'; readonly relay: string }
  | { readonly type: 'cell'; readonly relay: string; readonly cell: Uint8Array };

/**
 * The way to relays. `relay` is an origin (`https://kith.example`); the transport opens, keeps and reopens connections by
 * itself, with backoff. Each context gets a transport of its own.
 */
export interface Transport {
  /**
   * Adds to the relays this transport may contact; there are none at the start. A request to any other rejects with
   * `not-allowed` before a byte leaves, and `listen` leaves it out.
   */
  allow(relays: readonly string[]): void;
  /**
   * Rejects with a TransportError when the relay cannot be reached or answers nonsense within the time limit (10 s);
   * refusals of the relay are `error` responses.
   */
  request(relay: string, request: RelayRequest): Promise<RelayResponse>;
  /** Keeps a live connection to each of these relays, listening to these channels; replaces what was asked before. */
  listen(relays: readonly string[], channels: readonly { readonly bits: number; readonly prefix: Uint8Array }[]): void;
  onEvent(listener: (event: TransportEvent) => void): void;
  close(): void;
}

export class TransportError extends Error {
  readonly kind: 'unreachable' | 'nonsense' | 'not-allowed';
  constructor(kind: TransportError['kind'], message: string) {
    super(message);
    this.name = 'TransportError';
    this.kind = kind;
  }
}
