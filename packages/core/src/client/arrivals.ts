// The order in which lines came here, whatever their place in a conversation: what `follow` reads, each at least once.
import { concat, readUint48, uint48, utf8 } from '../bytes/index.ts';
import { conversationOfSearchId, eventOfSearchId, orderKey } from '../conversation/index.ts';
import { eventName, type EventId } from '../identity/index.ts';
import type { ShownEvent } from '../log/index.ts';
import type { Range } from '../ports/index.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import type { Lines } from './lines.ts';
import type { Methods } from './rpc.ts';

const ARRIVAL = utf8('n');
const END = concat(ARRIVAL, new Uint8Array(7).fill(255));
const NEWEST_FIRST: Range = { from: ARRIVAL, to: END, reverse: true };

export class Arrivals {
  readonly #context: Context;
  readonly #home: Home;
  readonly #lines: Lines;

  constructor(context: Context, home: Home, lines: Lines) {
    this.#context = context;
    this.#home = home;
    this.#lines = lines;
  }

  /** Numbers the event, if it stands in its conversation as a line, and tells who listens. */
  note(pair: Pair, event: ShownEvent): void {
    const { store } = this.#context;
    if (store.get('message', orderKey(pair.id, event.lamport, event.event)) === undefined) return;
    store.put('arrival', concat(ARRIVAL, uint48(this.#newest() + 1)), concat(pair.id, event.event));
    this.#context.changed({ type: 'events', events: [this.#lines.lineOf(pair, event)] });
  }
  #newest(): number {
    const last = this.#context.store.scan('arrival', { ...NEWEST_FIRST, limit: 1 })[0];
    return last === undefined ? 0 : readUint48(last.key, 1);
  }

  /** `from`: a cursor, or the name of an event; absent: nothing, and the cursor of now. */
  since(from: string | undefined, limit: number): Methods['events.since']['result'] {
    if (from === undefined) return { events: [], cursor: String(this.#newest()) };
    const after = /^[0-9]{1,14}$/.test(from) ? Number(from) : this.#numberOf(from);
    if (after === undefined) throw new KithError('unknown-event');
    const rows = this.#context.store.scan('arrival', { from: concat(ARRIVAL, uint48(after + 1)), to: END, limit });
    const events = this.#lines.linesOf(
      rows.flatMap((row) => this.placeOf(row.value)),
      limit,
    );
    const lastRow = rows.at(-1);
    return { events, cursor: String(lastRow === undefined ? after : readUint48(lastRow.key, 1)) };
  }
  /** The pair and event behind an id as the search and this table keep it. */
  placeOf(id: Uint8Array): readonly [{ readonly pair: Pair; readonly event: EventId }] | readonly [] {
    const pair = this.#home.pair(conversationOfSearchId(id));
    return pair === undefined ? [] : [{ pair, event: eventOfSearchId(id) }];
  }
  /** Found from the newest back. */
  #numberOf(event: string): number | undefined {
    const rows = this.#context.store.scan('arrival', NEWEST_FIRST);
    const row = rows.find(({ value }) => eventName(value.slice(16) as EventId) === event);
    return row === undefined ? undefined : readUint48(row.key, 1);
  }
}
