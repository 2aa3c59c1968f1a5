import { CELL_BYTES, silent } from '@kith/core/ports';
import { openMemoryStore } from '@kith/testkit/memory-store';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { expect, test } from 'vitest';
import { Context } from '../../src/client/context.ts';
import { Courier } from '../../src/client/courier.ts';

const RELAY = 'https://relay.test';

test('puts that fail together are one failure: a relay is tried again after 1 s, and after 2 s when that fails as well', () => {
  const clock = simClock();
  const context = new Context({
    store: openMemoryStore(),
    crypto: createNullCrypto(),
    randomness: seededRandomness(1),
    clock: clock.machine(),
    logger: silent,
  });
  const nothing = (): void => undefined;
  const courier = new Courier(context, {
    channels: () => [],
    hearsAll: () => true,
    cells: nothing,
    wiped: nothing,
    fetched: nothing,
    connection: nothing,
    info: nothing,
  });
  const put = (): void => courier.put(RELAY, [new Uint8Array(CELL_BYTES)], 'hour', true, nothing);
  const failAll = (): number => {
    const asked = context.take().flatMap((effect) => (effect.type === 'request' ? [effect.id] : []));
    for (const id of asked) context.answered(id, 'unreachable');
    return asked.length;
  };
  for (let i = 0; i < 4; i++) put();
  expect(failAll()).toBe(4);
  expect(courier.retryAt(RELAY)).toBe(clock.now() + 1000);
  clock.advance(1000);
  expect(courier.isOpen(RELAY)).toBe(true);
  put();
  put();
  expect(failAll()).toBe(2);
  expect(courier.retryAt(RELAY)).toBe(clock.now() + 2000);
});
