// Brings cells to relays and from them: batches puts, walks the buckets that hold something for us, remembers how far it
// read. Knows relays, buckets and cells, and nothing of what is in them.
import { concat, equalBytes, readUint32, uint32, utf8 } from '../bytes/index.ts';
import { cellTag, DEFAULT_RELAY_SETTINGS } from '../mailbox/index.ts';
import {
  BLOCK_CELLS,
  BUCKETS,
  DAY_MS,
  HOUR_MS,
  PUT_RESULTS,
  relayErrorName,
  type Bucket,
  type RelayInfo,
  type RelayResponse,
} from '../ports/index.ts';
import type { Answer, Channel, Context } from './context.ts';

const MAX_PUTS_IN_FLIGHT = 4;
const MAX_FETCHES = 8;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** What a relay asks for: one that says more, once, is not waited for until the client ends. */
const MAX_ASKED_MS = 3_600_000;
/** With a live channel fetching is only a net below it; without one it is how messages arrive. */
const FETCH_LIVE_MS = 10 * 60_000;
const FETCH_POLL_MS = 20_000;
/** What is noted of buckets that are still to come, by a relay whose clock was ahead, so that it is seen to begin them anew. */
const AHEAD_HOURS = 7 * 24;

export type PutBucket = 'hour' | 'day' | 'none';
interface PutGroup {
  left: number;
  failed: boolean;
  readonly done: (taken: boolean) => void;
}
interface QueuedPut {
  readonly cell: Uint8Array;
  readonly bucket: number;
  readonly live: boolean;
  readonly group: PutGroup;
}
/** One reading of all buckets. */
interface Round {
  readonly left: Bucket[];
  /** Asked for and not answered yet. */
  open: number;
  failed: boolean;
}
interface RelayState {
  readonly url: string;
  info: RelayInfo | undefined;
  /** The relay's clock minus ours, in milliseconds. */
  offset: number;
  live: boolean;
  readonly queue: QueuedPut[];
  inFlight: number;
  fetching: boolean;
  fetchAgain: boolean;
  fetchedAt: number;
  failures: number;
  retryAt: number;
  reachable: boolean | undefined;
  latency: number | null;
}

export interface CourierHooks {
  /** Channels to read at this relay: prefixes of own inboxes. */
  channels(relay: string): readonly Channel[];
  /** False when some of them are not heard on the live connection. */
  hearsAll(relay: string): boolean;
  cells(relay: string, cells: readonly Uint8Array[]): void;
  /** The relay has lost what it held: what was left there for others is gone too. */
  wiped(relay: string): void;
  /** Everything the relay holds for us has been read. */
  fetched(relay: string): void;
  connection(): void;
  info(relay: string, info: RelayInfo): void;
}

export class Courier {
  readonly #context: Context;
  readonly #hooks: CourierHooks;
  readonly #relays = new Map<string, RelayState>();

  constructor(context: Context, hooks: CourierHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  #relay(url: string): RelayState {
    let relay = this.#relays.get(url);
    if (relay === undefined) {
      relay = {
        url,
        info: undefined,
        offset: 0,
        live: false,
        queue: [],
        inFlight: 0,
        fetching: false,
        fetchAgain: false,
        fetchedAt: Number.NEGATIVE_INFINITY,
        failures: 0,
        retryAt: 0,
        reachable: undefined,
        latency: null,
      };
      this.#relays.set(url, relay);
    }
    return relay;
  }

  /** Cells of one packet for one relay; `done(true)` when the relay took all of them. */
  put(
    relayUrl: string,
    cells: readonly Uint8Array[],
    bucket: PutBucket,
    live: boolean,
    done: (taken: boolean) => void,
  ): void {
    const relay = this.#relay(relayUrl);
    const group: PutGroup = { left: cells.length, failed: false, done };
    for (const cell of cells) relay.queue.push({ cell, bucket: BUCKETS[bucket], live, group });
    this.#pump(relay);
  }

  #pump(relay: RelayState): void {
    while (relay.inFlight < MAX_PUTS_IN_FLIGHT && relay.queue.length > 0) {
      const batch = relay.queue.splice(0, BLOCK_CELLS);
      relay.inFlight++;
      const cells = batch.map(({ cell, bucket, live }) => ({ cell, bucket, live }));
      this.#context.request(relay.url, { type: 'put', cells }, (answer) => {
        relay.inFlight--;
        const results = typeof answer === 'object' && answer.type === 'put' ? answer.results : undefined;
        // What it did not take is put again: at once, it would be so as fast as it says no.
        if (results === undefined || results.some((result) => result !== PUT_RESULTS.taken))
          this.#failed(relay, answer);
        else this.#succeeded(relay);
        for (const [i, { group }] of batch.entries()) {
          group.left--;
          if (results?.[i] !== PUT_RESULTS.taken) group.failed = true;
          if (group.left === 0) group.done(!group.failed);
        }
        this.#pump(relay);
      });
    }
  }

  /** Reads everything new that the relay holds for us. */
  fetch(relayUrl: string): void {
    const relay = this.#relay(relayUrl);
    if (relay.fetching) {
      relay.fetchAgain = true;
      return;
    }
    relay.fetching = true;
    const started = this.#context.now();
    this.#context.request(relayUrl, { type: 'info' }, (answer) => {
      if (typeof answer !== 'object' || answer.type !== 'info') {
        this.#failed(relay, answer);
        this.#endFetch(relay, false);
        return;
      }
      relay.info = answer.info;
      relay.latency = this.#context.now() - started;
      relay.offset = answer.info.date - this.#context.now();
      this.#hooks.info(relayUrl, answer.info);
      this.#walk(relay, { left: this.#buckets(relay, answer.info), open: 0, failed: false });
    });
  }

  #buckets(relay: RelayState, info: RelayInfo): Bucket[] {
    // A relay may say any date; its buckets begin with the second period there is.
    const now = Math.max(DAY_MS, this.#context.now() + relay.offset);
    const hour = Math.floor(now / HOUR_MS);
    const day = Math.floor(now / DAY_MS);
    this.#forgetOld(relay.url, hour, day);
    const buckets: Bucket[] = [];
    const seen = new Set<string>();
    for (const channel of this.#hooks.channels(relay.url)) {
      const bits = Math.min(info.bits, channel.bits);
      const prefix = cutPrefix(channel.prefix, bits);
      const key = `${bits} ${prefix.join()}`;
      if (seen.has(key)) continue;
      seen.add(key);
      buckets.push(
        { kind: BUCKETS.day, period: day - 1, bits, prefix },
        { kind: BUCKETS.day, period: day, bits, prefix },
        { kind: BUCKETS.hour, period: hour - 1, bits, prefix },
        { kind: BUCKETS.hour, period: hour, bits, prefix },
      );
    }
    return buckets;
  }

  /** Several at a time: one after the other, a start would take as many round trips as there are buckets. */
  #walk(relay: RelayState, round: Round): void {
    while (round.open < MAX_FETCHES) {
      const bucket = round.left.shift();
      if (bucket === undefined) break;
      round.open++;
      this.#fetchBucket(relay, round, bucket);
    }
    if (round.open > 0) return;
    if (!round.failed) this.#succeeded(relay);
    this.#endFetch(relay, !round.failed);
  }
  #fetchBucket(relay: RelayState, round: Round, bucket: Bucket): void {
    const stored = this.#context.store.get('fetched', fetchedKey(relay.url, bucket));
    const count = stored === undefined ? 0 : readUint32(stored, 0);
    const last = stored === undefined || stored.length === COUNT_BYTES ? undefined : stored.subarray(COUNT_BYTES);
    const block = Math.floor(count / BLOCK_CELLS);
    this.#context.request(relay.url, { type: 'fetch', bucket, block }, (answer) => {
      round.open--;
      if (typeof answer === 'object' && answer.type === 'cells') {
        if (this.#take(relay, bucket, count, last, answer)) round.left.unshift(bucket);
      } else if (typeof answer !== 'object' || !isPeriodOver(answer)) {
        // A bucket that is wiped or not begun holds nothing for us; anything else ends this round.
        if (!round.failed) this.#failed(relay, answer);
        round.failed = true;
        round.left.length = 0;
      }
      this.#walk(relay, round);
    });
  }
  /** Tells whether the bucket holds more. `last`: the tag of the last cell that was read of it. */
  #take(
    relay: RelayState,
    bucket: Bucket,
    count: number,
    last: Uint8Array | undefined,
    { cells, total }: Extract<RelayResponse, { type: 'cells' }>,
  ): boolean {
    const key = fetchedKey(relay.url, bucket);
    const before = Math.floor(count / BLOCK_CELLS) * BLOCK_CELLS;
    // A relay that was wiped counts from zero again, and may have come as far as before.
    const known = cells[count - before - 1];
    const isOther = known !== undefined && last !== undefined && !equalBytes(cellTag(known), last);
    if (total < count || isOther) {
      this.#context.store.put('fetched', key, uint32(0));
      this.#hooks.wiped(relay.url);
      return total > 0;
    }
    const fresh = cells.slice(count - before);
    const newest = fresh.at(-1);
    const read = count + fresh.length;
    if (newest !== undefined) {
      this.#context.store.put('fetched', key, concat(uint32(read), cellTag(newest)));
      this.#hooks.cells(relay.url, fresh);
    }
    return cells.length === BLOCK_CELLS && total > read;
  }

  #endFetch(relay: RelayState, complete: boolean): void {
    relay.fetching = false;
    if (complete) {
      relay.fetchedAt = this.#context.now();
      this.#hooks.fetched(relay.url);
    } else {
      // As soon as it may be tried: what came between two connections was pushed to nobody, and waits there.
      relay.fetchedAt = Number.NEGATIVE_INFINITY;
    }
    if (relay.fetchAgain) {
      relay.fetchAgain = false;
      if (complete) this.fetch(relay.url);
    }
  }

  /** Of this relay alone: what it says of the time is nothing to the others. */
  #forgetOld(relay: string, hour: number, day: number): void {
    const name = utf8(relay);
    for (const row of this.#context.store.scan('fetched')) {
      if (!equalBytes(row.key.slice(-name.length), name)) continue;
      const kind = row.key[0] as number;
      const period = readUint32(row.key, 1);
      const [now, ahead] = kind === BUCKETS.hour ? [hour, AHEAD_HOURS] : [day, AHEAD_HOURS / 24];
      if (period < now - 2 || period > now + ahead) this.#context.store.delete('fetched', row.key);
    }
  }

  #failed(relay: RelayState, answer: Answer): void {
    const now = this.#context.now();
    const asked = typeof answer === 'object' && answer.type === 'error' ? Math.min(MAX_ASKED_MS, answer.retryAfter) : 0;
    // What was under way at the same time fails with it, some of it after the relay is back: no reason to wait any longer.
    if (this.isOpen(relay.url)) {
      relay.failures++;
      const backoff = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(relay.failures - 1, 10));
      relay.retryAt = now + backoff;
    }
    relay.retryAt = Math.max(relay.retryAt, now + asked);
    const reachable = typeof answer === 'object';
    this.#context.logger.log('info', 'relay-failed', {
      why: typeof answer === 'string' ? answer : answer.type === 'error' ? relayErrorName(answer.code) : answer.type,
      failures: relay.failures,
    });
    if (relay.reachable !== reachable) {
      relay.reachable = reachable;
      this.#hooks.connection();
    }
  }
  #succeeded(relay: RelayState): void {
    relay.failures = 0;
    relay.retryAt = 0;
    if (relay.reachable !== true) {
      relay.reachable = true;
      this.#hooks.connection();
    }
  }

  online(relayUrl: string): void {
    const relay = this.#relay(relayUrl);
    relay.live = true;
    this.#succeeded(relay);
    this.fetch(relayUrl);
  }
  /** There are inboxes that were never looked into: all relays are read as soon as they may be. */
  lookAgain(): void {
    for (const relay of this.#relays.values()) {
      relay.fetchedAt = Number.NEGATIVE_INFINITY;
      if (relay.fetching) relay.fetchAgain = true;
    }
  }
  /** Memory was made anew while the transport kept its connection. */
  stillOnline(relayUrl: string): void {
    const relay = this.#relay(relayUrl);
    relay.live = true;
    relay.reachable = true;
  }
  offline(relayUrl: string): void {
    const relay = this.#relay(relayUrl);
    relay.live = false;
    if (relay.reachable !== false) {
      relay.reachable = false;
      this.#hooks.connection();
    }
  }
  /** Cells that wait to be taken by it. */
  backlog(relayUrl: string): number {
    const { queue, inFlight } = this.#relay(relayUrl);
    return queue.length + inFlight * BLOCK_CELLS;
  }
  /** The relay may be tried now: it has not failed, or its time of waiting is over. */
  isOpen(relayUrl: string): boolean {
    const relay = this.#relays.get(relayUrl);
    return relay === undefined || relay.retryAt <= this.#context.now();
  }
  retryAt(relayUrl: string): number {
    return this.#relay(relayUrl).retryAt;
  }
  status(relayUrl: string): {
    readonly reachable: boolean | undefined;
    readonly latency: number | null;
    readonly info: RelayInfo | undefined;
    readonly live: boolean;
  } {
    const { reachable, latency, info, live } = this.#relay(relayUrl);
    return { reachable, latency, info, live };
  }
  /** A person asked: do not wait for the end of a backoff. */
  forgive(relayUrl: string): void {
    this.#relay(relayUrl).retryAt = 0;
  }
  isIdle(): boolean {
    for (const relay of this.#relays.values()) {
      if (relay.fetching || relay.inFlight > 0 || relay.queue.length > 0) return false;
    }
    return true;
  }
  /** Fetches where it is time; returns when to look again. */
  tick(relays: readonly string[]): number {
    const now = this.#context.now();
    let next = Number.POSITIVE_INFINITY;
    for (const url of relays) {
      const relay = this.#relay(url);
      const pause = relay.live && this.#hooks.hearsAll(url) ? FETCH_LIVE_MS : FETCH_POLL_MS;
      const due = Math.max(relay.retryAt, relay.fetchedAt + pause);
      if (relay.fetching) continue;
      if (due <= now) this.fetch(url);
      else next = Math.min(next, due);
    }
    return next;
  }
}

/** As many bits as a live channel needs at least. Of a relay that was not heard yet: those of an ordinary one. */
export const inboxBits = (info: RelayInfo | undefined): number =>
  info === undefined ? DEFAULT_RELAY_SETTINGS.liveBits : Math.max(info.bits, info.liveBits);
const isPeriodOver = (answer: RelayResponse): boolean =>
  answer.type === 'error' && relayErrorName(answer.code) === 'period';
/** Behind the count stands the tag of the last cell; in rows of earlier builds nothing does. */
const COUNT_BYTES = 4;
const fetchedKey = (relay: string, bucket: Bucket): Uint8Array =>
  concat(Uint8Array.of(bucket.kind), uint32(bucket.period), Uint8Array.of(bucket.bits, ...bucket.prefix), utf8(relay));
/** The first `bits` bits, spare bits zero, in as few bytes as hold them. */
export const cutPrefix = (prefix: Uint8Array, bits: number): Uint8Array => {
  const out = prefix.slice(0, Math.ceil(bits / 8));
  const spare = out.length * 8 - bits;
  if (spare > 0) out[out.length - 1] = ((out.at(-1) as number) >> spare) << spare;
  return out;
};
