import { CELL_BYTES, silent } from '@kith/core/ports';
import { expect, test } from 'vitest';
import type { Answer, Context } from '../../src/client/context.ts';
import { Courier } from '../../src/client/courier.ts';

const RELAY = 'https://relay.test';

test('puts that fail together are one failure: a relay is tried again after 1 s, and after 2 s when that fails as well', () => {
  let now = 1_000_000;
  const asked: ((answer: Answer) => void)[] = [];
  const context = {
    now: () => now,
    logger: silent,
    request: (_relay: string, _request: unknown, answered: (answer: Answer) => void) => void asked.push(answered),
  };
  const nothing = (): void => undefined;
  const courier = new Courier(context as unknown as Context, {
    channels: () => [],
    hearsAll: () => true,
    cells: nothing,
    wiped: nothing,
    fetched: nothing,
    connection: nothing,
    info: nothing,
  });
  const put = (): void => courier.put(RELAY, [new Uint8Array(CELL_BYTES)], 'hour', true, nothing);
  const failAll = (): void => {
    for (const answered of asked.splice(0)) answered('unreachable');
  };
  for (let i = 0; i < 4; i++) put();
  expect(asked).toHaveLength(4);
  failAll();
  expect(courier.retryAt(RELAY)).toBe(now + 1000);
  now += 1000;
  expect(courier.isOpen(RELAY)).toBe(true);
  put();
  put();
  failAll();
  expect(courier.retryAt(RELAY)).toBe(now + 2000);
});
