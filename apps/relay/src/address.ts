import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Whom a limit counts. `isLocal`: this very machine. */
export interface Address {
  readonly key: string;
  readonly isLocal: boolean;
}

/** An IPv4 address, or the /64 of an IPv6 one: who has one address of a /64 has all of them. */
const keyOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const missing = address.includes('::') ? 8 - front.length - back.length : 0;
  const words = [...front, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...back];
  return `${words
    .slice(0, 4)
    .map((word) => Number.parseInt(word, 16).toString(16))
    .join(':')}::/64`;
};

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/i.test(address);

export const directAddress = (address = ''): Address => ({ key: keyOf(address), isLocal: isLoopback(address) });

/**
 * `behindProxy`: requests from this machine come from a reverse proxy, which appends the address it saw to X-Forwarded-For.
 * Only its last entry is the proxy's own word; the ones before it are whatever the client wrote.
 */
export const addressOf = (request: IncomingMessage, behindProxy: boolean): Address => {
  const direct = request.socket.remoteAddress ?? '';
  if (!behindProxy || !isLoopback(direct)) return directAddress(direct);
  const forwarded =
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? '';
  return isIP(forwarded) === 0 ? { key: 'proxy', isLocal: false } : { key: keyOf(forwarded), isLocal: false };
};
