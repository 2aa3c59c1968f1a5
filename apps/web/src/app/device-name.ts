// What this device is called until its person says otherwise: "Firefox on Linux". Only own devices see it.
import type { Kith } from '@kith/core/client';
import { t } from '../words/index.ts';

/** The first that stands in what the browser says of itself: later ones stand in it for the sake of old pages. */
const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

export const guessedName = (agent = navigator.userAgent): string => {
  const find = (known: readonly (readonly [string, string])[]): string | undefined =>
    known.find(([part]) => agent.includes(part))?.[1];
  return t.devices.browser(find(BROWSERS) ?? t.devices.someBrowser, find(SYSTEMS) ?? t.devices.someSystem);
};

/** Whoever has one device has no need of its name; with a second one they do. */
export async function nameThisDevice(kith: Kith): Promise<void> {
  const own = (await kith.call('device.list', {})).find(({ thisDevice }) => thisDevice);
  if (own?.name === '') await kith.call('device.name', { name: guessedName() });
}
