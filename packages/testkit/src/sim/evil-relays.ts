// Relays that lie: they stand between the devices and a relay's real rules, and change what goes in and what comes out. What a
// relay cannot do is make up anything that opens.
import { PUT_RESULTS, TransportError, type RelayRequest, type RelayResponse } from '@kith/core/ports';
import type { MemoryNetwork, MemoryTransport } from '../memory-network.ts';
import type { SeededRandomness } from '../seeded-randomness.ts';

/**
 * What a relay does while it is evil. `drop`: part of what it is asked gets no answer, part of what is pushed goes nowhere.
 * `acknowledge`: says that it took what it threw away. `hide`: leaves out cells, the same for all. `fork`: leaves out others for
 * each who asks. `replay`: old cells come again, in blocks and live. `insert`: cells, offers and claims of others stand among
 * the real ones, changed or made up.
 */
export const RELAY_EVILS = ['drop', 'acknowledge', 'hide', 'fork', 'replay', 'insert'] as const;
export type RelayEvil = (typeof RELAY_EVILS)[number];

const CHANCE = 0.6;
const KEPT = 400;
const CELL_BYTES = 4_096;
const BLOCK = 64;

export interface EvilRelays {
  network(inner: MemoryNetwork): MemoryNetwork;
  /** From now on; undefined: honest again. */
  turn(relay: string, evil: RelayEvil | undefined): void;
}
export const createEvilRelays = (random: SeededRandomness, did: (evil: RelayEvil) => void): EvilRelays => {
  const evils = new Map<string, RelayEvil>();
  const seen: Uint8Array[] = [];
  const sealed: Uint8Array[] = [];
  const happens = (): boolean => random.fraction() < CHANCE;
  const note = (cell: Uint8Array): void => {
    if (seen.length < KEPT) seen.push(cell.slice());
    else seen[random.int(KEPT)] = cell.slice();
  };
  const old = (): readonly Uint8Array[] => (seen.length === 0 ? [] : [random.pick(seen).slice()]);
  /** Of another cell, with some of its bytes, or nothing but noise under a tag that was seen. */
  const madeUp = (): readonly Uint8Array[] =>
    old().map((cell) => {
      const luck = random.int(3);
      if (luck === 0) cell[random.int(CELL_BYTES)] = random.int(256);
      else if (luck === 1) cell.set(random.bytes(CELL_BYTES - 16), 16);
      else cell.set(random.pick(seen).subarray(656), 656);
      return cell;
    });

  const cellsOf = (
    evil: RelayEvil,
    reader: number,
    answer: Extract<RelayResponse, { type: 'cells' }>,
  ): RelayResponse => {
    const { cells, total } = answer;
    switch (evil) {
      case 'hide':
      case 'fork': {
        // By a byte of the tag, so that who asks again is told the same.
        const left = cells.filter((cell) => ((cell[15] as number) + (evil === 'fork' ? reader : 0)) % 2 === 0);
        if (left.length < cells.length) did(evil);
        return { ...answer, cells: left, total: total - (cells.length - left.length) };
      }
      case 'replay':
      case 'insert': {
        if (!happens()) return answer;
        const more = evil === 'replay' ? old() : madeUp();
        if (more.length > 0) did(evil);
        return { ...answer, cells: [...more, ...cells].slice(0, BLOCK), total: total + more.length };
      }
      default:
        return answer;
    }
  };
  const answerOf = (evil: RelayEvil, reader: number, answer: RelayResponse): RelayResponse => {
    if (answer.type === 'cells') return cellsOf(evil, reader, answer);
    if (answer.type === 'claims') {
      if (evil === 'hide' || evil === 'fork') {
        if (answer.claims.length > 0) did(evil);
        return { ...answer, claims: [] };
      }
      if (evil !== 'insert' || sealed.length === 0) return answer;
      did(evil);
      const strange = { id: random.bytes(16), sealed: random.pick(sealed).slice() };
      return { ...answer, claims: [strange, ...answer.claims].slice(0, 64) };
    }
    if (answer.type === 'offer' && evil === 'insert' && sealed.length > 0 && happens()) {
      did(evil);
      return { ...answer, sealed: random.pick(sealed).slice() };
    }
    return answer;
  };
  const watch = (request: RelayRequest): void => {
    if (request.type === 'put') for (const { cell } of request.cells) note(cell);
    if (request.type === 'claimPut' || request.type === 'offerPut') sealed.push(request.sealed.slice());
  };

  let readers = 0;
  const transport = (inner: MemoryTransport): MemoryTransport => {
    const reader = readers++;
    return {
      ...inner,
      send: (relay, request, callback) => {
        const evil = evils.get(relay);
        if (evil === undefined) {
          inner.send(relay, request, callback);
          return;
        }
        watch(request);
        if (evil === 'drop' && happens()) {
          did(evil);
          inner.send(relay, { type: 'info' }, () => callback(new TransportError('unreachable', 'no answer')));
          return;
        }
        if (evil === 'acknowledge' && request.type === 'put' && happens()) {
          did(evil);
          const results = request.cells.map(() => PUT_RESULTS.taken);
          inner.send(relay, { type: 'info' }, (answer) =>
            callback(answer instanceof Error ? answer : { type: 'put', results }),
          );
          return;
        }
        inner.send(relay, request, (answer) =>
          callback(answer instanceof Error ? answer : answerOf(evils.get(relay) ?? 'drop', reader, answer)),
        );
      },
      onEvent: (listener) =>
        inner.onEvent((event) => {
          const evil = event.type === 'cell' ? evils.get(event.relay) : undefined;
          if (event.type !== 'cell' || evil === undefined) {
            listener(event);
            return;
          }
          note(event.cell);
          const isHidden = (evil === 'drop' || evil === 'hide' || (evil === 'fork' && reader % 2 === 0)) && happens();
          if (isHidden) did(evil);
          else listener(event);
          if ((evil !== 'replay' && evil !== 'insert') || !happens()) return;
          for (const cell of evil === 'replay' ? old() : madeUp()) {
            did(evil);
            listener({ ...event, cell });
          }
        }),
    };
  };
  return {
    network: (inner) => ({ ...inner, transport: (options) => transport(inner.transport(options)) }),
    turn: (relay, evil) => void (evil === undefined ? evils.delete(relay) : evils.set(relay, evil)),
  };
};
