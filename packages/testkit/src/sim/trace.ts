// A hash over everything that leaves a device, and when: equal hashes mean that a world ran the same way twice.
import type { RelayRequest } from '@kith/core/ports';

/** Enough of a cell to tell two apart: its tag and the start of its first slot. */
const HEAD_BYTES = 40;

export interface Trace {
  text(text: string): void;
  request(at: number, relay: string, request: RelayRequest): void;
  hash(): string;
}
export const createTrace = (): Trace => {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  const byte = (value: number): void => {
    a = Math.imul(a ^ value, 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ value;
  };
  const text = (value: string): void => {
    for (let i = 0; i < value.length; i++) byte(value.charCodeAt(i));
    byte(0x100);
  };
  return {
    text,
    request: (at, relay, request) => {
      text(`${at} ${relay} ${request.type}`);
      if (request.type !== 'put') return;
      for (const { cell, bucket } of request.cells) {
        byte(bucket);
        for (let i = 0; i < HEAD_BYTES; i++) byte(cell[i] as number);
      }
    },
    hash: () => (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0'),
  };
};
