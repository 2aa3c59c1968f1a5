// What a relay does with a request: pure rules over a CellLog, the same in the server, in tests and in the simulator.
// Requests have passed their codec. Time comes in with each call; nothing here waits, and the log calls back when it has kept a cell.
import { encode } from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import {
  BUCKETS,
  CELL_BYTES,
  PUT_RESULTS,
  RELAY_DATE_LABEL,
  RELAY_ERRORS,
  RELAY_WIRE_VERSION,
  relayDateCodec,
  type CellLog,
  type Kept,
  type PlaceStore,
  type RelayErrorCode,
  type RelayInfo,
  type RelayRequest,
  type RelayResponse,
} from '../ports/index.ts';
import { Buckets, DAY_KEPT_MS, HOUR_KEPT_MS } from './relay-rules-buckets.ts';
import { DEFAULT_RELAY_LIMITS, RateLimiter, type Network, type RelayLimits } from './relay-rules-limits.ts';
import { isPrefix, LiveChannels } from './relay-rules-live.ts';
import { OFFER_KEPT_MS, Rendezvous, type RendezvousRequest } from './relay-rules-rendezvous.ts';

export type RelayRole = 'live' | 'mailbox' | 'rendezvous' | 'web';
export const RELAY_ROLES: readonly RelayRole[] = ['live', 'mailbox', 'rendezvous', 'web'];

/** Who asks. `address` is the key of its limits; `connection` is null where nothing can be pushed. */
export interface RelayPeer {
  readonly connection: number | null;
  readonly address: string;
  /** Times the limits: 1, or `loopbackFactor` for the relay's own machine. */
  readonly factor: number;
  /** Networks that the address is part of, the widest first: each counts too. */
  readonly within?: readonly Network[];
}
export interface RelayParts {
  readonly crypto: Crypto;
  /** Ed25519; its owner wipes it after the rules are no longer used. */
  readonly key: SigningKey;
  readonly log: CellLog;
  readonly places: PlaceStore;
  /** Hands a cell to these connections; never to the one that put it, which has it. */
  readonly push: (connections: readonly number[], cell: Uint8Array) => void;
}
export interface RelaySettings {
  readonly name: string;
  readonly publicUrl: string;
  readonly roles: readonly RelayRole[];
  /** Prefix bits of mailbox buckets (0 to 8) and of live channels (0 to 24). */
  readonly bits: number;
  readonly liveBits: number;
  readonly limits: RelayLimits;
  /** Set after a restart: the limits of other machines start empty then, so that restarting gives nobody a second burst. */
  readonly restartedAt?: number;
}
export const DEFAULT_RELAY_SETTINGS: RelaySettings = {
  name: 'Kith relay',
  publicUrl: '',
  roles: RELAY_ROLES,
  bits: 0,
  // 1,024 channels: at 10,000 connections about ten share one, and 32 are practically never reached.
  liveBits: 10,
  limits: DEFAULT_RELAY_LIMITS,
};

export interface RelayRules {
  /** Replies exactly once, at once or when the log has kept the cells. */
  handle(peer: RelayPeer, request: RelayRequest, now: number, reply: (response: RelayResponse) => void): void;
  /** The connection is gone; it hears nothing any more. */
  closed(connection: number): void;
  /** Drops what is past its time. `handle` does so too; call this when nobody asks. */
  wipe(now: number): void;
  info(peer: RelayPeer, now: number): RelayInfo;
  /** Counts for the operator. */
  held(): { readonly cells: number; readonly cellBytes: number; readonly places: number; readonly placeBytes: number };
}

export const relayError = (code: RelayErrorCode, retryAfter = 0): RelayResponse => ({
  type: 'error',
  code: RELAY_ERRORS.indexOf(code),
  retryAfter,
});

/** True when the relay that owns the key made this statement of its date and prefix lengths. */
export const isRelayInfoSigned = (crypto: Crypto, info: RelayInfo): boolean =>
  crypto.verify(info.key, dateStatement(info.key, info.date, info.bits, info.liveBits), info.signature);

const dateStatement = (key: Uint8Array, date: number, bits: number, liveBits: number): Uint8Array =>
  encode(relayDateCodec, { label: RELAY_DATE_LABEL, key, date, bits, liveBits });

/** One signature serves everyone who asks within a second. */
const STATEMENT_MS = 1000;
/** How long to wait when the disk is full of what cannot be wiped earlier. */
const FULL_RETRY_MS = 60_000;

export const createRelayRules = (parts: RelayParts, settings: RelaySettings): RelayRules => {
  const { limits, bits, liveBits } = settings;
  const has = (role: RelayRole): boolean => settings.roles.includes(role);
  const buckets = new Buckets(parts.log, bits);
  const rendezvous = new Rendezvous(parts.crypto, parts.places, limits.placeBytes);
  const channels = new LiveChannels();
  const cellLimit = new RateLimiter(limits.cells, settings.restartedAt);
  const unitLimit = new RateLimiter(limits.units, settings.restartedAt);
  let statement: { readonly date: number; readonly signature: Uint8Array } | undefined;

  const info = (peer: RelayPeer, now: number): RelayInfo => {
    const publicKey = parts.key.publicKey;
    if (statement === undefined || Math.abs(now - statement.date) >= STATEMENT_MS) {
      statement = { date: now, signature: parts.crypto.sign(parts.key, dateStatement(publicKey, now, bits, liveBits)) };
    }
    return {
      version: RELAY_WIRE_VERSION,
      name: settings.name,
      publicUrl: settings.publicUrl,
      roles: settings.roles,
      date: statement.date,
      bits,
      liveBits,
      hourKept: HOUR_KEPT_MS,
      dayKept: DAY_KEPT_MS,
      liveKept: 0,
      offerKept: OFFER_KEPT_MS,
      cellsPerMinute: limits.cells.perMinute * peer.factor,
      cellBurst: limits.cells.burst * peer.factor,
      key: publicKey,
      signature: statement.signature,
    };
  };

  type Put = Extract<RelayRequest, { type: 'put' }>['cells'][number];
  const putOne = (
    { cell, bucket, live }: Put,
    from: number | null,
    now: number,
    done: (result: number | Kept) => void,
  ): void => {
    if (buckets.holds(cell)) {
      done(PUT_RESULTS.tagHeld);
      return;
    }
    if (live && has('live')) {
      const listeners = channels.listeners(cell).filter((connection) => connection !== from);
      if (listeners.length > 0) parts.push(listeners, cell);
    }
    if (bucket === BUCKETS.none) done(PUT_RESULTS.taken);
    else if (parts.log.size() + CELL_BYTES > limits.cellBytes) done('full');
    else buckets.put(cell, bucket, now, done);
  };

  const put = (peer: RelayPeer, cells: readonly Put[], now: number, reply: (response: RelayResponse) => void): void => {
    if (cells.some(({ bucket }) => !has(bucket === BUCKETS.none ? 'live' : 'mailbox'))) {
      reply(relayError('role-off'));
      return;
    }
    const allowed = cellLimit.take(peer.address, cells.length, peer.factor, now, peer.within);
    if (allowed === 0) {
      reply(relayError('limited', cellLimit.wait(peer.address, peer.factor, now, peer.within)));
      return;
    }
    const results: number[] = cells.map(() => PUT_RESULTS.refused);
    let left = allowed;
    let kept = 0;
    let trouble: Kept | undefined;
    for (const [i, cell] of cells.slice(0, allowed).entries()) {
      putOne(cell, peer.connection, now, (result) => {
        if (typeof result === 'number') results[i] = result;
        else if (result === 'kept') results[i] = PUT_RESULTS.taken;
        else trouble = result;
        if (results[i] !== PUT_RESULTS.refused) kept++;
        left--;
        if (left > 0) return;
        // As long as anything was decided the results say more than an error would.
        if (kept > 0 || trouble === undefined) reply({ type: 'put', results });
        else if (trouble === 'full') reply(relayError('full', fullFor(now)));
        else reply(relayError('internal', FULL_RETRY_MS));
      });
    }
  };
  const fullFor = (now: number): number => Math.max(1000, Math.min(FULL_RETRY_MS * 60, buckets.nextWipe(now) - now));

  const meet = (peer: RelayPeer, request: RendezvousRequest, now: number): RelayResponse => {
    if (request.type === 'offerPut' || request.type === 'claimPut') {
      const units = Math.ceil(request.sealed.length / CELL_BYTES);
      const both = [unitLimit, cellLimit];
      const wait = Math.max(...both.map((limit) => limit.wait(peer.address, peer.factor, now, peer.within)));
      if (wait > 0) return relayError('limited', wait);
      // With a debt: whoever comes back when there is one unit would never get several.
      for (const limit of both) limit.spend(peer.address, units, peer.factor, now, peer.within);
    }
    const answer = rendezvous.handle(request, now);
    return answer.type === 'refused' ? relayError(answer.code, answer.code === 'full' ? FULL_RETRY_MS : 0) : answer;
  };

  const handle: RelayRules['handle'] = (peer, request, now, reply) => {
    buckets.wipe(now);
    switch (request.type) {
      case 'info':
        reply({ type: 'info', info: info(peer, now) });
        return;
      case 'put':
        put(peer, request.cells, now, reply);
        return;
      case 'fetch': {
        const { bucket } = request;
        if (!has('mailbox')) reply(relayError('role-off'));
        else if (!isPrefix(bucket.bits, bucket.prefix)) reply(relayError('malformed'));
        else {
          const fetched = buckets.fetch(bucket, request.block, now);
          reply(fetched.type === 'cells' ? fetched : relayError(fetched.type));
        }
        return;
      }
      case 'listen':
        if (!has('live')) reply(relayError('role-off'));
        // Shorter channels than announced would gather more than 32 connections; longer ones are the client's own choice.
        else if (
          peer.connection === null ||
          request.channels.some((c) => c.bits < liveBits || !isPrefix(c.bits, c.prefix))
        ) {
          reply(relayError('malformed'));
        } else
          reply(
            channels.listen(peer.connection, request.channels, peer.within?.[0]?.key ?? peer.address)
              ? { type: 'done' }
              : relayError('limited', FULL_RETRY_MS),
          );
        return;
      case 'offerPut':
      case 'offerGet':
      case 'offerDelete':
      case 'claimPut':
      case 'claimsGet':
      case 'claimsDelete':
        reply(has('rendezvous') ? meet(peer, request, now) : relayError('role-off'));
        return;
    }
  };

  return {
    handle,
    info,
    closed: (connection) => channels.leave(connection),
    wipe: (now) => {
      buckets.wipe(now);
      rendezvous.expire(now);
    },
    held: () => ({
      cells: buckets.count(),
      cellBytes: parts.log.size(),
      places: rendezvous.count(),
      placeBytes: rendezvous.size(),
    }),
  };
};
