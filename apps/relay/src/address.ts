import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Network } from '@kith/core/mailbox';

/** Whom a limit counts. `isLocal`: this very machine. */
export interface Address {
  readonly key: string;
  readonly isLocal: boolean;
  /** What it is part of, the widest first. */
  readonly within: readonly Network[];
}
const NONE: readonly Network[] = [];

/**
 * An IPv4 address, or the /64 of an IPv6 one: who has one address of a /64 has all of them. A household gets up to 256 of them (a /56),
 * and who asks for it 65,536 (a /48), so these have limits too, wide enough for networks that give each telephone a /64.
 */
const placed = (address: string, isLocal: boolean): Address => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return { key: mapped[1], isLocal, within: NONE };
  if (isLocal || isIP(address) !== 6) return { key: address, isLocal, within: NONE };
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const missing = address.includes('::') ? 8 - front.length - back.length : 0;
  const words = [...front, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...back].map((word) =>
    Number.parseInt(word, 16),
  );
  const net = (count: number): string =>
    words
      .slice(0, count)
      .map((word) => word.toString(16))
      .join(':');
  return {
    key: `${net(4)}::/64`,
    isLocal,
    within: [
      { key: `${net(3)}::/48`, times: 16 },
      { key: `${net(3)}:${((words[3] ?? 0) & 0xff00).toString(16)}::/56`, times: 4 },
    ],
  };
};

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/i.test(address);

export const directAddress = (address = ''): Address => placed(address, isLoopback(address));

/** A name by which only this machine calls itself, with or without a port. */
const isOwnName = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-real-ip'];
/** It came through a proxy, or says so. */
export const isForwarded = ({ headers }: IncomingMessage): boolean =>
  FORWARDING.some((name) => headers[name] !== undefined);
/**
 * Whether what comes from this machine speaks for somebody else: a proxy that the relay was not told of, or a page of
 * somebody's in a browser here (also one whose name was made to lead here).
 */
const speaksForOthers = (request: IncomingMessage): boolean =>
  isForwarded(request) ||
  !isOwnName(request.headers.host ?? 'localhost') ||
  !isOwnName((request.headers.origin ?? 'http://localhost').replace(/^https?:\/\//, ''));

/** All that a machine's proxies and pages say for others, when nobody said that there is a proxy. */
export const OTHERS: Address = { key: 'others', isLocal: false, within: NONE };

/**
 * `behindProxy`: requests from this machine come from a reverse proxy, which appends the address it saw to X-Forwarded-For.
 * Only its last entry is the proxy's own word; the ones before it are whatever the client wrote.
 */
export const addressOf = (request: IncomingMessage, behindProxy: boolean): Address => {
  const direct = request.socket.remoteAddress ?? '';
  if (!isLoopback(direct)) return directAddress(direct);
  if (!behindProxy) return speaksForOthers(request) ? OTHERS : directAddress(direct);
  const forwarded =
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? '';
  return isIP(forwarded) === 0 ? { key: 'proxy', isLocal: false, within: NONE } : placed(forwarded, false);
};

/** What addresses, and the networks they are part of, may have of something at a time, up to a limit. */
export class Seats {
  readonly #taken = new Map<string, number>();

  /** Undefined: too much. Otherwise the way to say that it has ended, once. */
  take({ key, within }: Pick<Address, 'key' | 'within'>, limit: number, amount = 1): (() => void) | undefined {
    const all = [...within, { key, times: 1 }];
    if (all.some((one) => (this.#taken.get(one.key) ?? 0) + amount > limit * one.times)) return undefined;
    for (const one of all) this.#taken.set(one.key, (this.#taken.get(one.key) ?? 0) + amount);
    return () => {
      for (const one of all) {
        const left = (this.#taken.get(one.key) ?? amount) - amount;
        if (left === 0) this.#taken.delete(one.key);
        else this.#taken.set(one.key, left);
      }
    };
  }
}
