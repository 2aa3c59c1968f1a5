import type { Kith } from '@kith/core/client';
import { hostname } from 'node:os';

const MAX_NAME_CHARACTERS = 64;

/** What a device is called until its person says otherwise; only own devices see it. */
export const hostName = (): string => Array.from(hostname()).slice(0, MAX_NAME_CHARACTERS).join('');

/** Whoever has one device has no need of its name. */
export const nameThisDevice = async (kith: Kith): Promise<void> => {
  const own = (await kith.call('device.list', {})).find(({ thisDevice }) => thisDevice);
  if (own?.name === '' && hostName() !== '') await kith.call('device.name', { name: hostName() });
};
