import { readUint32 } from '../bytes/index.ts';

/** Live delivery to more connections than this would cost more than it is worth (2,000 cells/s on 2 cores). */
export const MAX_CHANNEL_CONNECTIONS = 32;

/** The first `bits` bits of a tag or prefix, as a number. Bytes beyond its end count as zero. */
export const prefixNumber = (bytes: Uint8Array, bits: number): number => {
  if (bits === 0) return 0;
  const head = new Uint8Array(4);
  head.set(bytes.subarray(0, 4));
  return readUint32(head, 0) >>> (32 - bits);
};
/** True when the prefix has exactly the bytes its bits need and its spare bits are zero. */
export const isPrefix = (bits: number, prefix: Uint8Array): boolean => {
  if (prefix.length !== Math.ceil(bits / 8)) return false;
  const spare = prefix.length * 8 - bits;
  return spare === 0 || ((prefix.at(-1) as number) & ((1 << spare) - 1)) === 0;
};

export interface Channel {
  readonly bits: number;
  readonly prefix: Uint8Array;
}

/** Which connections listen to which prefixes. Memory only: it ends with the connections. */
export class LiveChannels {
  /** bits -> prefix -> connections */
  readonly #channels = new Map<number, Map<number, Set<number>>>();
  readonly #heard = new Map<number, (() => void)[]>();
  readonly #whose = new Map<number, string>();

  /**
   * Replaces what the connection listened to. False when a channel had no room; the others are listened to. `who`: one address
   * shuts nobody out of a channel; of that which has most connections in it the last one goes, when another would have fewer still.
   */
  listen(connection: number, channels: readonly Channel[], who: string): boolean {
    this.leave(connection);
    this.#whose.set(connection, who);
    const leaving: (() => void)[] = [];
    let hadRoom = true;
    for (const { bits, prefix } of channels) {
      const number = prefixNumber(prefix, bits);
      const ofLength = this.#channels.get(bits) ?? new Map<number, Set<number>>();
      this.#channels.set(bits, ofLength);
      const connections = ofLength.get(number) ?? new Set<number>();
      if (connections.size >= MAX_CHANNEL_CONNECTIONS && !connections.has(connection)) {
        const leaves = this.#oneOfMost(connections, who);
        if (leaves === undefined) {
          hadRoom = false;
          continue;
        }
        connections.delete(leaves);
      }
      ofLength.set(number, connections.add(connection));
      leaving.push(() => {
        connections.delete(connection);
        if (connections.size === 0 && ofLength.get(number) === connections) ofLength.delete(number);
        if (ofLength.size === 0 && this.#channels.get(bits) === ofLength) this.#channels.delete(bits);
      });
    }
    this.#heard.set(connection, leaving);
    return hadRoom;
  }
  leave(connection: number): void {
    for (const leave of this.#heard.get(connection) ?? []) leave();
    this.#heard.delete(connection);
    this.#whose.delete(connection);
  }
  #oneOfMost(connections: ReadonlySet<number>, who: string): number | undefined {
    const counts = new Map<string, number>();
    const last = new Map<string, number>();
    for (const connection of connections) {
      const whose = this.#whose.get(connection) ?? '';
      counts.set(whose, (counts.get(whose) ?? 0) + 1);
      last.set(whose, connection);
    }
    const [most, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as const);
    return count > (counts.get(who) ?? 0) + 1 ? last.get(most) : undefined;
  }
  /** Each connection once, whatever number of its channels fit. */
  listeners(tag: Uint8Array): readonly number[] {
    if (this.#channels.size === 1) {
      for (const [bits, ofLength] of this.#channels) return [...(ofLength.get(prefixNumber(tag, bits)) ?? [])];
    }
    const found = new Set<number>();
    for (const [bits, ofLength] of this.#channels) {
      for (const connection of ofLength.get(prefixNumber(tag, bits)) ?? []) found.add(connection);
    }
    return [...found];
  }
}
