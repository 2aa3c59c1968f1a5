import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@kith/core/bytes';
import { decode, encode, type Named } from '@kith/core/codec';
import { placeRecordCodec } from '@kith/core/mailbox';
import {
  jsonToRequest,
  jsonToResponse,
  relayDateCodec,
  relayRequestFrame,
  relayResponseFrame,
  wireToJson,
} from '@kith/core/ports';
import { describe, expect, test } from 'vitest';

type Part = string | { readonly fill: number; readonly count: number };
interface Vector {
  readonly format: 'relay-request-frame' | 'relay-response-frame';
  readonly name: string;
  readonly number?: number;
  readonly type?: string;
  readonly bytes: readonly Part[];
}
const spec = (path: string): string => readFileSync(new URL(`../../../spec/${path}`, import.meta.url), 'utf8');
const { valid, invalid } = JSON.parse(spec('vectors/relay.json')) as {
  readonly valid: readonly Vector[];
  readonly invalid: readonly Vector[];
};
const bytesOf = ({ bytes }: Vector): Uint8Array =>
  Uint8Array.from(
    bytes.flatMap((part) => [
      ...(typeof part === 'string' ? (fromHex(part) as Uint8Array) : new Uint8Array(part.count).fill(part.fill)),
    ]),
  );

describe('vectors of spec/07-relay.md', () => {
  test.each(valid)('$format: $name', (vector) => {
    const bytes = bytesOf(vector);
    if (vector.format === 'relay-request-frame') {
      const frame = decode(relayRequestFrame, bytes);
      expect([frame?.number, frame?.body.type]).toEqual([vector.number, vector.type]);
      if (frame === undefined) return;
      expect(toHex(encode(relayRequestFrame, frame))).toBe(toHex(bytes));
      expect(jsonToRequest(JSON.parse(JSON.stringify(wireToJson(frame.body))))).toEqual(frame.body);
    } else {
      const frame = decode(relayResponseFrame, bytes);
      expect([frame?.number, frame?.body.type]).toEqual([vector.number, vector.type]);
      if (frame === undefined) return;
      expect(toHex(encode(relayResponseFrame, frame))).toBe(toHex(bytes));
      expect(jsonToResponse(JSON.parse(JSON.stringify(wireToJson(frame.body))))).toEqual(frame.body);
    }
  });

  test.each(invalid)('refused, $format: $name', (vector) => {
    const bytes = bytesOf(vector);
    expect(
      vector.format === 'relay-request-frame' ? decode(relayRequestFrame, bytes) : decode(relayResponseFrame, bytes),
    ).toBeUndefined();
  });
});

test("the CDDL of the page is the codecs' own", () => {
  const fromCodecs = new Map<string, string>();
  const collect = (uses: readonly Named[]): void => {
    for (const { name, cddl, uses: inner } of uses) {
      collect(inner);
      fromCodecs.set(name, cddl);
    }
  };
  for (const codec of [relayRequestFrame, relayResponseFrame, relayDateCodec, placeRecordCodec]) collect(codec.uses);
  const fromPage = new Map<string, string>();
  for (const [, block = ''] of spec('07-relay.md').matchAll(/```cddl\n([\s\S]*?)```/g)) {
    for (const line of block.trim().split('\n')) {
      const [name = '', ...rest] = line.split(' = ');
      fromPage.set(name, rest.join(' = '));
    }
  }
  expect(Object.fromEntries(fromPage)).toEqual(Object.fromEntries(fromCodecs));
});

test('JSON with base64 that has another spelling, or another shape, is no request', () => {
  const put = (cell: unknown): unknown => ({ type: 'put', cells: [{ cell, bucket: 1, live: false }] });
  const cell = Buffer.alloc(4096, 0xfb).toString('base64');
  expect(jsonToRequest(put(cell))?.type).toBe('put');
  for (const bad of [
    cell.replaceAll('+', '-').replaceAll('/', '_'),
    cell.slice(0, -1),
    cell.slice(0, -2),
    `${cell} `,
    `${cell}====`,
    [cell],
    5,
    null,
  ]) {
    expect(jsonToRequest(put(bad))).toBeUndefined();
  }
  for (const bad of [
    null,
    1,
    'put',
    [],
    {},
    { type: 'put' },
    { type: 'put', cells: {} },
    { type: 'constructor' },
    { type: ['put'], cells: 1 },
  ]) {
    expect(jsonToRequest(bad)).toBeUndefined();
  }
});
