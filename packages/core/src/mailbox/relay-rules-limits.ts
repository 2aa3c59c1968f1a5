// How much a relay takes and gives (spec/07-relay.md, "Limits"). Relays limit cells and bytes, never messages: they see none.

/** Per minute, and the most that can be saved up. */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}
export interface RelayLimits {
  /** Cells put, and units of 4,096 bytes put at the rendezvous, for one address. */
  readonly cells: Rate;
  /** Of these the units put at the rendezvous, which may lie there for a year. */
  readonly units: Rate;
  /** Requests of one address, whatever they ask. */
  readonly requests: Rate;
  /** Bytes answered and pushed to one address, and to all together. */
  readonly bytesOut: Rate;
  readonly totalBytesOut: Rate;
  /** Bytes of answers, and of bodies on their way here, that are in memory because one address, or all together, are slow. */
  readonly unreadBytes: number;
  readonly totalUnreadBytes: number;
  /** Bytes of cells and of rendezvous records on disk. */
  readonly cellBytes: number;
  readonly placeBytes: number;
  /** Resident memory of the process above which nothing new is taken. */
  readonly memoryBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** What an address of the relay's own machine may do, times the above. */
  readonly loopbackFactor: number;
}

const MIB = 2 ** 20;
/** Fits 1 GB of memory and 5 GB of disk. */
export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  cells: { perMinute: 120, burst: 600 },
  units: { perMinute: 4, burst: 240 },
  requests: { perMinute: 1200, burst: 2400 },
  bytesOut: { perMinute: 64 * MIB, burst: 256 * MIB },
  totalBytesOut: { perMinute: 4096 * MIB, burst: 8192 * MIB },
  unreadBytes: 16 * MIB,
  totalUnreadBytes: 256 * MIB,
  cellBytes: 4096 * MIB,
  placeBytes: 512 * MIB,
  memoryBytes: 900 * MIB,
  connections: 12_000,
  connectionsPerAddress: 128,
  loopbackFactor: 100,
};

const MINUTE_MS = 60_000;
/** Above this many addresses the ones that have their whole burst are forgotten, which changes nothing for them. */
const SWEEP_ABOVE = 10_000;
/** Addresses beyond this share one account: an attacker with very many of them cannot fill the memory. */
const MAX_ACCOUNTS = 200_000;
const SHARED = '*';

interface Account {
  /** In 60,000ths, so that refilling is whole-number arithmetic and exact. */
  level: number;
  at: number;
  readonly factor: number;
}

/** A network that an address is part of, and how many times the limit of one address all of it together has. */
export interface Network {
  readonly key: string;
  readonly times: number;
}

/** A token bucket for each address, and for the networks it is part of (`within`, the widest first). */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #accounts = new Map<string, Account>();
  readonly #emptySince: number | undefined;

  /** `emptySince`: accounts start empty at this time instead of full, so that a restart gives nobody a second burst. */
  constructor(rate: Rate, emptySince?: number) {
    this.#rate = rate;
    this.#emptySince = emptySince;
  }

  /** Takes as many of `wanted` as there are; returns how many. `factor` multiplies the rate and the burst. */
  take(address: string, wanted: number, factor: number, now: number, within: readonly Network[] = []): number {
    let taken = wanted;
    const accounts: Account[] = [];
    for (const { key, times } of [...within, { key: address, times: 1 }]) {
      const account = this.#account(key, factor, times, now);
      taken = Math.min(taken, Math.floor(account.level / MINUTE_MS));
      // A network that has nothing left makes no accounts for its addresses.
      if (taken <= 0) return 0;
      accounts.push(account);
    }
    for (const account of accounts) account.level -= taken * MINUTE_MS;
    return taken;
  }
  /** Takes `amount` even if that leaves a debt; false, and nothing taken, when there is a debt or nothing left. */
  spend(address: string, amount: number, factor: number, now: number, within: readonly Network[] = []): boolean {
    const accounts: Account[] = [];
    for (const { key, times } of [...within, { key: address, times: 1 }]) {
      const account = this.#account(key, factor, times, now);
      if (account.level <= 0) return false;
      accounts.push(account);
    }
    for (const account of accounts) account.level -= amount * MINUTE_MS;
    return true;
  }
  /** Milliseconds until `take` gives at least one. */
  wait(address: string, factor: number, now: number, within: readonly Network[] = []): number {
    let longest = 0;
    for (const { key, times } of [...within, { key: address, times: 1 }]) {
      const missing = MINUTE_MS - this.#account(key, factor, times, now).level;
      longest = Math.max(longest, Math.ceil(missing / (this.#rate.perMinute * factor * times)));
    }
    return longest;
  }

  #account(address: string, own: number, times: number, now: number): Account {
    const factor = own * times;
    const full = this.#rate.burst * factor * MINUTE_MS;
    let account = this.#accounts.get(address);
    if (account === undefined && this.#accounts.size >= SWEEP_ABOVE) {
      this.#sweep(now);
      if (this.#accounts.size >= MAX_ACCOUNTS && address !== SHARED) return this.#account(SHARED, 1, 1, now);
    }
    if (account === undefined) {
      // Only the machine's own address has more than others, and it gains nothing by a restart that it could not have anyway.
      account =
        this.#emptySince !== undefined && own === 1
          ? { level: 0, at: Math.min(now, this.#emptySince), factor }
          : { level: full, at: now, factor };
      this.#accounts.set(address, account);
    }
    // A clock that was set back refills nothing; it must not freeze the account either.
    const passed = Math.max(0, now - account.at);
    account.level = Math.min(full, account.level + passed * this.#rate.perMinute * factor);
    account.at = now;
    return account;
  }

  #sweptAt = Number.NEGATIVE_INFINITY;
  #sweep(now: number): void {
    if (now - this.#sweptAt < 1000) return;
    this.#sweptAt = now;
    for (const [address, account] of this.#accounts) {
      const level = account.level + Math.max(0, now - account.at) * this.#rate.perMinute * account.factor;
      if (level >= this.#rate.burst * account.factor * MINUTE_MS) this.#accounts.delete(address);
    }
  }
}
