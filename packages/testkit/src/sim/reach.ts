// Which faults and oracles a run has to reach: one that is reached too seldom shows nothing.
import type { Tally } from './tally.ts';
import { MEMBER_EVILS, THIEF_EVIL } from './evil-members.ts';
import { RELAY_EVILS } from './evil-relays.ts';

export const FAULTS = [
  'loss',
  'repeats',
  'reordering',
  'partition',
  'wrong clock',
  'disk failure',
  'power cut',
  'restored copy',
  'lost device',
  'stolen device',
  'crash',
  'relay wipe',
  'relay stop',
  'relay replace',
  ...RELAY_EVILS.map((evil) => `evil relay: ${evil}`),
  'evil relay: date',
  ...[...MEMBER_EVILS, THIEF_EVIL].map((evil) => `evil member: ${evil}`),
] as const;
export const ORACLES = [
  'acknowledged',
  'once',
  'own words',
  'same order',
  'deleted',
  'purged',
  'timers end',
  'words',
  'states',
  'removed',
  'own devices',
  'power',
  'any order',
  'attributable',
  'publication',
  'keys and tags',
  'rebuilt',
].map((name) => `oracle: ${name}`);

const SHARE = 0.01;
const WHOLE_RUN = 10_000;
/** Of a shorter run: so far below one in a hundred that chance does it once in two hundred runs. */
const DEVIATIONS = 2.6;

/** Names that were reached in too few of the worlds; of 10,000 and more: in under 1 %. */
export const unreached = (tally: Tally, worlds: number): readonly string[] => {
  const totals = tally.totals();
  const wanted = SHARE * worlds;
  const least = worlds >= WHOLE_RUN ? wanted : wanted - DEVIATIONS * Math.sqrt(wanted * (1 - SHARE));
  return [...FAULTS, ...ORACLES].filter((name) => (totals.get(name)?.worlds ?? 0) < least);
};
