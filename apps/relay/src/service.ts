import { relayError, type RelayRules } from '@kith/core/mailbox';
import { CELL_BYTES, PUT_RESULTS, relayErrorName, type RelayRequest, type RelayResponse } from '@kith/core/ports';
import type { Address } from './address.ts';
import type { Gate } from './gate.ts';
import type { Metrics } from './metrics.ts';

/** The one way to the rules, from HTTP and from WebSockets: gates first, counts after. */
export interface Service {
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly rules: RelayRules;
  readonly now: () => number;
  /** Counts a request. Undefined: it may be asked; else the refusal. */
  refusal(address: Address): RelayResponse | undefined;
  /** What was counted already. */
  ask(
    address: Address,
    connection: number | null,
    request: RelayRequest,
    reply: (response: RelayResponse) => void,
  ): void;
}

const MEMORY_RETRY_MS = 30_000;
const ADDS = new Set<RelayRequest['type']>(['put', 'offerPut', 'claimPut']);
const RESULT_NAMES = Object.fromEntries(Object.entries(PUT_RESULTS).map(([name, number]) => [number, name]));

export const sizeOf = (response: RelayResponse): number => {
  switch (response.type) {
    case 'cells':
      return response.cells.length * CELL_BYTES;
    case 'offer':
      return response.sealed.length;
    case 'claims':
      return response.claims.reduce((sum, { sealed }) => sum + sealed.length, 0);
    default:
      return 256;
  }
};

export const createService = (rules: RelayRules, gate: Gate, metrics: Metrics, now: () => number): Service => {
  const told = (response: RelayResponse): RelayResponse => {
    if (response.type === 'error') metrics.count('refused_total', ['code', relayErrorName(response.code)]);
    return response;
  };
  return {
    gate,
    metrics,
    rules,
    now,
    refusal: (address) => {
      const wait = gate.request(address, now());
      return wait > 0 ? told(relayError('limited', wait)) : undefined;
    },
    ask: (address, connection, request, reply) => {
      const at = now();
      const answer = (response: RelayResponse): void => {
        const isAffordable = response.type === 'error' || gate.answer(address, sizeOf(response), at);
        const final = told(isAffordable ? response : relayError('limited', MEMORY_RETRY_MS));
        if (final.type === 'put')
          for (const result of final.results) metrics.count('cells_total', ['result', RESULT_NAMES[result] ?? '']);
        reply(final);
      };
      metrics.count('requests_total', ['type', request.type]);
      if (ADDS.has(request.type) && gate.isMemoryFull(at)) answer(relayError('full', MEMORY_RETRY_MS));
      else rules.handle(gate.peer(address, connection), request, at, answer);
    },
  };
};
