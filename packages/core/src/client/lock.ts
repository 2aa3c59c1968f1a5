// The door in front of the engine: opens the home with its key, closes it, and answers `locked` while it is closed. The
// same in a browser and in Node; what differs (where the key lies, where Argon2id runs) comes in through `LockParts`.
import { isSettingValue, parseDuration } from '../conversation/index.ts';
import type { Crypto, Secret } from '../crypto/index.ts';
import type { Clock, Randomness } from '../ports/index.ts';
import { KithError } from './errors.ts';
import { decodeGuard, encodeGuard, isAhead, proven, tried, waitUntil, type Guard } from './lock-guard.ts';
import {
  decodeKeyRecord,
  encodeKeyRecord,
  isLongEnough,
  newCost,
  openKeyRecord,
  PASSPHRASE_COST,
  passphraseBytes,
  randomKey,
  sealKeyRecord,
  wipeOpened,
  type Cost,
  type KeyRecord,
  type Opened,
} from './lock-record.ts';
import type { Change, Kith, LockMethod, LockState, Method, Methods, Setting } from './rpc.ts';

/** The key of a home as its platform keeps it: as it is, or as a record that a passphrase opens. */
export type KeptKey =
  | { readonly wrap: 'none'; readonly key: Secret }
  | { readonly wrap: 'passphrase'; readonly record: Uint8Array };

/** Where a closed home lies. All of it rejects with a StoreError when the disk fails. */
export interface KeyPlace {
  /** Of a new home, makes the key. */
  read(): Promise<KeptKey>;
  /** Whole or not at all; what was there before is overwritten as far as the platform can. */
  write(kept: KeptKey): Promise<void>;
  readGuard(): Promise<Uint8Array | undefined>;
  writeGuard(guard: Uint8Array): Promise<void>;
  /** Deletes all there is of a closed home but the key and the guard. */
  wipe(): Promise<void>;
}

export interface LockParts {
  readonly place: KeyPlace;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly crypto: () => Promise<Crypto>;
  /** Argon2id, where its memory goes away afterwards. */
  readonly derive: (passphrase: Uint8Array, cost: Cost) => Promise<Secret>;
  /** Opens the database and runs the engine on it; `close` closes both. The key stays the caller's. */
  readonly open: (key: Secret) => Promise<Kith>;
  /** For tests: what a new passphrase costs. */
  readonly cost?: Omit<Cost, 'salt'>;
}

/** After how long without a person the home locks itself. Of this device alone, so it is no event of `self`. */
const LOCK_AFTER = 'lock-after';

interface Proof {
  readonly record: KeyRecord;
  /** Made from the passphrase. */
  readonly under: Secret;
  readonly opened: Opened;
}

const isLockMethod = (method: Method): method is LockMethod => method.startsWith('lock.');

class Door implements Kith {
  readonly #parts: LockParts;
  readonly #listeners = new Set<(change: Change) => void>();
  #kith: Kith | undefined;
  #stopForwarding: (() => void) | undefined;
  /** Undefined: no passphrase. */
  #record: KeyRecord | undefined;
  #idleMs: number | undefined;
  #touchedAt = 0;
  #idleTimer: (() => void) | undefined;
  /** Locking, unlocking and changing the passphrase come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const kept = await this.#parts.place.read();
    if (kept.wrap === 'passphrase') {
      this.#record = readRecord(kept.record);
      return;
    }
    try {
      await this.#open(kept.key);
    } finally {
      kept.key.wipe();
    }
  }

  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    if (this.#closed) throw new KithError('home-busy');
    if (isLockMethod(method)) return (await this.#answer(method, params)) as Methods[M]['result'];
    if (this.#isIdle()) await this.#inTurn(() => this.#lock());
    const kith = this.#kith;
    if (kith === undefined) throw new KithError('locked');
    try {
      if (method === 'set')
        return (await this.#settings(kith, params as Methods['set']['params'])) as Methods[M]['result'];
      return await kith.call(method, params);
    } catch (error) {
      // It was locked while this was under way.
      throw this.#kith === kith || this.#closed ? error : new KithError('locked');
    }
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#idleTimer?.();
    await this.#inTurn(() => this.#shut());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #answer(method: LockMethod, params: unknown): Promise<LockState> {
    switch (method) {
      case 'lock.state':
        return this.#state();
      case 'lock.touch':
        if (!this.#isIdle()) this.#touchedAt = this.#parts.clock.now();
        else this.#lockIdle();
        return this.#state();
      case 'lock.now':
        return this.#inTurn(async () => {
          if (this.#record === undefined) throw new KithError('no-passphrase');
          await this.#lock();
          return this.#state();
        });
      case 'lock.unlock':
        return this.#inTurn(async () => {
          if (this.#kith === undefined) await this.#unlock(textOf(params, 'passphrase'));
          return this.#state();
        });
      case 'lock.set':
        return this.#inTurn(async () => {
          await this.#set(optionalTextOf(params, 'passphrase'), optionalTextOf(params, 'next'));
          return this.#state();
        });
      case 'lock.duress':
        return this.#inTurn(async () => {
          await this.#setDuress(textOf(params, 'passphrase'), optionalTextOf(params, 'next'));
          return this.#state();
        });
    }
  }

  async #state(): Promise<LockState> {
    return {
      passphrase: this.#record !== undefined,
      locked: this.#kith === undefined,
      waitUntil: this.#record === undefined ? null : waitUntil(await this.#guard(), this.#parts.clock.now()),
    };
  }
  async #guard(): Promise<Guard> {
    const now = this.#parts.clock.now();
    const guard = decodeGuard(await this.#parts.place.readGuard());
    return isAhead(guard, now) ? this.#note({ ...guard, lastAt: Math.max(0, now) }) : guard;
  }
  async #note(guard: Guard): Promise<Guard> {
    await this.#parts.place.writeGuard(encodeGuard(guard));
    return guard;
  }

  // ---- open and closed

  async #open(key: Secret): Promise<void> {
    const kith = await this.#parts.open(key);
    this.#kith = kith;
    this.#stopForwarding = kith.onChange((change) => this.#tell(change));
    this.#touchedAt = this.#parts.clock.now();
    this.#idleMs = parseDuration((await this.#guard()).lockAfter);
    this.#watch();
  }
  async #shut(): Promise<void> {
    const kith = this.#kith;
    this.#idleTimer?.();
    this.#idleTimer = undefined;
    this.#kith = undefined;
    this.#stopForwarding?.();
    this.#stopForwarding = undefined;
    await kith?.close();
  }
  async #lock(): Promise<void> {
    if (this.#kith === undefined || this.#record === undefined) return;
    const shut = this.#shut();
    // At once: what screens show has to go before the last messages are handed on.
    this.#tell({ type: 'lock', locked: true });
    await shut;
  }
  async #unlock(text: string): Promise<void> {
    const { crypto, place, randomness } = this.#parts;
    const { record, under, opened } = await this.#prove(text);
    try {
      if (opened.does === 'open') await this.#open(opened.key);
      else {
        // First the real key goes, so that whatever happens then happens to a home that nobody can open any more.
        const fresh: Opened = { does: 'begin-anew', key: opened.key, other: randomKey(randomness) };
        await this.#keep(sealKeyRecord(await crypto(), randomness, record, under, fresh));
        await place.wipe();
        await this.#open(opened.key);
        await this.#keep(sealKeyRecord(await crypto(), randomness, record, under, { ...fresh, does: 'open' }));
        fresh.other.wipe();
      }
      await this.#note(proven(await this.#guard()));
    } finally {
      under.wipe();
      wipeOpened(opened);
    }
    this.#tellOpen();
  }
  #tellOpen(): void {
    this.#tell({ type: 'lock', locked: false });
    // Those that wait for events read on from where they were.
    this.#tell({ type: 'events', events: [], cursor: null });
  }

  // ---- the passphrase

  /** Rejects with `too-many-tries` or `wrong-passphrase`. The secrets are the caller's. */
  async #prove(text: string): Promise<Proof> {
    const { clock, crypto, derive } = this.#parts;
    const record = this.#record;
    if (record === undefined) throw new KithError('no-passphrase');
    const typed = passphraseBytes(text);
    const guard = await this.#guard();
    const until = waitUntil(guard, clock.now());
    if (until !== null) throw tooMany(until - clock.now());
    // Before the attempt: who ends the program in the middle of it has had it.
    const counted = await this.#note(tried(guard, clock.now()));
    if (typed === undefined) throw new KithError('wrong-passphrase');
    const under = await derive(typed, record);
    typed.fill(0);
    const opened = openKeyRecord(await crypto(), record, under);
    if (opened !== undefined) return { record, under, opened };
    under.wipe();
    // The wait begins when the answer is there, on a slow machine too.
    await this.#note({ ...counted, lastAt: Math.max(0, clock.now()) });
    throw new KithError('wrong-passphrase');
  }
  /** As `prove`, where only the passphrase of the home itself will do. */
  async #proveReal(text: string): Promise<Proof> {
    const proof = await this.#prove(text);
    if (proof.opened.does === 'begin-anew') {
      proof.under.wipe();
      wipeOpened(proof.opened);
      throw new KithError('wrong-passphrase');
    }
    await this.#note(proven(await this.#guard()));
    return proof;
  }
  async #derive(text: string, cost: Cost): Promise<Secret> {
    const typed = passphraseBytes(text);
    if (typed === undefined || !isLongEnough(text)) throw new KithError('bad-passphrase');
    const under = await this.#parts.derive(typed, cost);
    typed.fill(0);
    return under;
  }
  async #keep(record: KeyRecord): Promise<void> {
    await this.#parts.place.write({ wrap: 'passphrase', record: encodeKeyRecord(record) });
    this.#record = record;
  }

  /** Also of a locked home, which stays so unless its passphrase is taken away. */
  async #set(current: string | null, next: string | null): Promise<void> {
    if (this.#record === undefined) {
      if (next !== null) await this.#setFirst(next);
      return;
    }
    if (current === null) throw new KithError('wrong-passphrase');
    const { record, under, opened } = await this.#proveReal(current);
    try {
      if (next === null) {
        await this.#parts.place.write({ wrap: 'none', key: opened.key });
        this.#record = undefined;
        if (this.#kith === undefined) {
          await this.#open(opened.key);
          this.#tellOpen();
        }
      } else await this.#change(record, opened, next);
    } finally {
      under.wipe();
      wipeOpened(opened);
    }
  }
  async #setFirst(next: string): Promise<void> {
    const { crypto, place, randomness } = this.#parts;
    const cost = newCost(randomness, this.#parts.cost ?? PASSPHRASE_COST);
    const under = await this.#derive(next, cost);
    const kept = await place.read();
    // A record that stands there already is another program's doing.
    if (kept.wrap !== 'none') throw new KithError('home-busy');
    const opened: Opened = { does: 'open', key: kept.key, other: randomKey(randomness) };
    try {
      await this.#note(proven(await this.#guard()));
      await this.#keep(sealKeyRecord(await crypto(), randomness, cost, under, opened));
      this.#touchedAt = this.#parts.clock.now();
      this.#watch();
    } finally {
      under.wipe();
      wipeOpened(opened);
    }
  }
  async #change(record: KeyRecord, opened: Opened, next: string): Promise<void> {
    const { randomness } = this.#parts;
    const crypto = await this.#parts.crypto();
    // The salt stays: the other slot may be of a passphrase that is not at hand.
    const under = await this.#derive(next, record);
    try {
      if (crypto.equal(under.expose(), opened.other.expose())) throw new KithError('bad-passphrase');
      await this.#keep(sealKeyRecord(crypto, randomness, record, under, opened));
    } finally {
      under.wipe();
    }
  }
  async #setDuress(current: string, duress: string | null): Promise<void> {
    const { randomness } = this.#parts;
    const crypto = await this.#parts.crypto();
    const { record, under, opened } = await this.#proveReal(current);
    try {
      const other = duress === null ? randomKey(randomness) : await this.#derive(duress, record);
      try {
        if (crypto.equal(under.expose(), other.expose())) throw new KithError('bad-passphrase');
        await this.#keep(sealKeyRecord(crypto, randomness, record, under, { ...opened, other }));
      } finally {
        other.wipe();
      }
    } finally {
      under.wipe();
      wipeOpened(opened);
    }
  }

  // ---- nobody there

  /** The engine's settings, with the one that is kept here. */
  async #settings(kith: Kith, params: Methods['set']['params']): Promise<readonly Setting[]> {
    const { key, value } = params;
    if (key === LOCK_AFTER && value !== undefined) {
      if (!isSettingValue(LOCK_AFTER, value, params.in !== undefined)) throw new KithError('bad-setting');
      await this.#note({ ...(await this.#guard()), lockAfter: value });
      this.#idleMs = parseDuration(value);
      this.#watch();
      this.#tell({ type: 'settings' });
    }
    const settings = await kith.call('set', key === LOCK_AFTER ? { key } : params);
    const { lockAfter } = await this.#guard();
    return settings.map((setting) => (setting.key === LOCK_AFTER ? { ...setting, value: lockAfter } : setting));
  }
  #isIdle(): boolean {
    const { clock } = this.#parts;
    return (
      this.#kith !== undefined &&
      this.#record !== undefined &&
      this.#idleMs !== undefined &&
      clock.now() - this.#touchedAt >= this.#idleMs
    );
  }
  #lockIdle(): void {
    // Nobody waits for it; should the engine fail to end in good order, the home is closed all the same.
    this.#inTurn(() => this.#lock()).catch(() => undefined);
  }
  /** A machine that slept is found out by the next call, should the timer be late. */
  #watch(): void {
    this.#idleTimer?.();
    this.#idleTimer = undefined;
    if (this.#idleMs === undefined || this.#record === undefined || this.#kith === undefined) return;
    const left = Math.max(0, this.#touchedAt + this.#idleMs - this.#parts.clock.now());
    this.#idleTimer = this.#parts.clock.after(Math.max(left, 100), () => {
      if (this.#isIdle()) this.#lockIdle();
      else this.#watch();
    });
  }
}

const readRecord = (bytes: Uint8Array): KeyRecord => {
  const record = decodeKeyRecord(bytes);
  if (record === undefined) throw new KithError('damaged-home');
  return record;
};
const tooMany = (ms: number): KithError => {
  const seconds = Math.ceil(ms / 1000);
  const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new KithError('too-many-tries', { hint: `Wait ${wait}, then try again.` });
};
/** Calls come from sockets and other tabs too: what does not fit is refused here, as the engine does. */
const optionalTextOf = (params: unknown, name: string): string | null => {
  const given: unknown =
    typeof params === 'object' && params !== null
      ? new Map<string, unknown>(Object.entries(params)).get(name)
      : undefined;
  if (given === undefined || given === null) return null;
  if (typeof given !== 'string') throw new KithError('bad-option', { message: `"${name}" has to be a text.` });
  return given;
};
const textOf = (params: unknown, name: string): string => {
  const given = optionalTextOf(params, name);
  if (given === null) throw new KithError('bad-option', { message: `"${name}" has to be a text.` });
  return given;
};

/** Rejects with what `place.read` and `open` reject with. A home with a passphrase starts locked. */
export const startLockable = async (parts: LockParts): Promise<Kith> => {
  const door = new Door(parts);
  await door.start();
  return door;
};
