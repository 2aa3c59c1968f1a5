// How tests give a person a further device.
import type { SimDevice } from '@kith/testkit/sim-device';
import type { World } from './world.ts';

/** `joining` follows a link that `host` makes; both run, and it ends when it is a device of the same person. */
export const link = (
  { clock }: World,
  host: SimDevice,
  joining: SimDevice,
  history: 'all' | '30d' | 'none' = 'all',
): void => {
  joining.start();
  const count = host.call('device.list', {}).length + 1;
  const { link } = host.call('device.link', { history });
  joining.call('device.join', { link, name: joining.name });
  const isIn = clock.runUntil(() => joining.call('device.list', {}).length === count, 60_000);
  if (!isIn) throw new Error('the device did not get in');
};
