// The order in which lines came here, whatever their place in a conversation: what `follow` reads, each at least once.
import { concat, equalBytes, readUint48, uint48, utf8 } from '../bytes/index.ts';
import { CONTENT_KINDS, orderKey } from '../conversation/index.ts';
import { eventName, type ConversationId, type EventId } from '../identity/index.ts';
import { MINUTE_MS, type ShownEvent } from '../log/index.ts';
import type { Range } from '../ports/index.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import type { Lines, WrittenLine } from './lines.ts';
import type { Methods } from './rpc.ts';

const ARRIVAL = utf8('n');
/** More than fit a screen nobody hears of one by one. */
const MAX_TOLD = 50;
const END = concat(ARRIVAL, new Uint8Array(7).fill(255));
const NEWEST_FIRST: Range = { from: ARRIVAL, to: END, reverse: true };

export class Arrivals {
  readonly #context: Context;
  readonly #home: Home;
  readonly #lines: Lines;
  #last: number | undefined;

  constructor(context: Context, home: Home, lines: Lines) {
    this.#context = context;
    this.#home = home;
    this.#lines = lines;
  }

  /**
   * Numbers those of the events that stand in their conversation as lines, and tells who listens what is new of them. What came
   * without its content is told when that is here. `written`: what is at hand of a single own one.
   */
  note(pair: Pair, events: readonly ShownEvent[], written?: WrittenLine): void {
    const { store } = this.#context;
    const news: ShownEvent[] = [];
    const began = this.#home.createdAt();
    let count = 0;
    for (const event of events) {
      const key = orderKey(pair.id, event.lamport, event.event);
      if (event.contentState === 'missing' || store.get('message', key) === undefined) continue;
      count++;
      this.#last = this.#newest() + 1;
      store.put('arrival', concat(ARRIVAL, uint48(this.#last)), concat(pair.id, event.event));
      // What was there before this device, or was read on another before it came here, is no news.
      if (event.time + MINUTE_MS <= began) continue;
      const isTheirText = event.contentKind === CONTENT_KINDS.text && !equalBytes(event.member, pair.view.me);
      if (!isTheirText || store.get('unread', key) !== undefined) news.push(event);
    }
    if (count === 0) return;
    const told = this.#lines.linesIn(pair, news.slice(-MAX_TOLD), written);
    this.#context.changed({ type: 'events', events: told, cursor: String(this.#last) });
  }
  #newest(): number {
    if (this.#last !== undefined) return this.#last;
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
  /** The pair and event that a row of this table names. */
  placeOf(row: Uint8Array): readonly [{ readonly pair: Pair; readonly event: EventId }] | readonly [] {
    const pair = this.#home.pair(row.slice(0, 16) as ConversationId);
    return pair === undefined ? [] : [{ pair, event: row.slice(16) as EventId }];
  }
  /** Found from the newest back. */
  #numberOf(event: string): number | undefined {
    const rows = this.#context.store.scan('arrival', NEWEST_FIRST);
    const row = rows.find(({ value }) => eventName(value.slice(16) as EventId) === event);
    return row === undefined ? undefined : readUint48(row.key, 1);
  }
}
