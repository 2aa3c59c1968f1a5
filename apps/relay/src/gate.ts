// What stands before the rules: requests, bytes and connections of an address, and the memory of the process.
import { RateLimiter, type RelayLimits, type RelayPeer } from '@kith/core/mailbox';
import { Seats, type Address } from './address.ts';

const ALL = 'all';
/** Reading the memory in use takes a system call. */
const MEMORY_LOOK_MS = 1000;

export interface Gate {
  /** Milliseconds to wait, or 0: the request may pass. */
  request(address: Address, now: number): number;
  /** False: what was answered to this address lately is enough. */
  answer(address: Address, bytes: number, now: number): boolean;
  /** The same for everything that leaves the relay: pushes go uncounted to addresses. */
  push(bytes: number, now: number): boolean;
  /**
   * For bytes that stay in memory until a slow client has taken or sent them. Undefined: too many. Otherwise the way to say
   * that they are gone.
   */
  hold(address: Address, bytes: number): (() => void) | undefined;
  isMemoryFull(now: number): boolean;
  /** Undefined: too many. Otherwise the way to say that it has ended. */
  connect(address: Address): (() => void) | undefined;
  connections(): number;
  peer(address: Address, connection: number | null): RelayPeer;
}

export const createGate = (limits: RelayLimits, memoryUsed: () => number): Gate => {
  const requests = new RateLimiter(limits.requests);
  const bytesOut = new RateLimiter(limits.bytesOut);
  const totalOut = new RateLimiter(limits.totalBytesOut);
  const seats = new Seats();
  const held = new Seats();
  let connections = 0;
  let memoryLookedAt = Number.NEGATIVE_INFINITY;
  let isMemoryFull = false;
  const factorOf = ({ isLocal }: Address): number => (isLocal ? limits.loopbackFactor : 1);
  return {
    request: (address, now) =>
      requests.take(address.key, 1, factorOf(address), now, address.within) === 1
        ? 0
        : Math.max(1, requests.wait(address.key, factorOf(address), now, address.within)),
    answer: (address, bytes, now) =>
      bytesOut.spend(address.key, bytes, factorOf(address), now, address.within) && totalOut.spend(ALL, bytes, 1, now),
    push: (bytes, now) => totalOut.spend(ALL, bytes, 1, now),
    hold: (address, bytes) => {
      const everybody = held.take({ key: ALL, within: [] }, limits.totalUnreadBytes, bytes);
      if (everybody === undefined) return undefined;
      const own = held.take(address, limits.unreadBytes * factorOf(address), bytes);
      if (own === undefined) {
        everybody();
        return undefined;
      }
      return () => {
        own();
        everybody();
      };
    },
    isMemoryFull: (now) => {
      if (Math.abs(now - memoryLookedAt) >= MEMORY_LOOK_MS) {
        memoryLookedAt = now;
        isMemoryFull = memoryUsed() > limits.memoryBytes;
      }
      return isMemoryFull;
    },
    connect: (address) => {
      if (connections >= limits.connections) return undefined;
      const leave = seats.take(address, limits.connectionsPerAddress * factorOf(address));
      if (leave === undefined) return undefined;
      connections++;
      return () => {
        connections--;
        leave();
      };
    },
    connections: () => connections,
    peer: (address, connection) => ({
      connection,
      address: address.key,
      factor: factorOf(address),
      within: address.within,
    }),
  };
};
