import { deltaChat } from './deltachat.ts';
import { floor } from './floor.ts';
import { kith } from './kith.ts';
import type { Peer } from './peer.ts';
import { prosody, prosodyArchive } from './prosody.ts';
import { REPLICATED } from './replicas.ts';
import { SERVERS } from './servers.ts';
import { libtoxcore } from './tox.ts';

/** All who race, in the order in which they do: the floor is first, and gives the others their ratios. */
export const PEERS: readonly Peer[] = [
  floor,
  kith('process'),
  kith('power'),
  ...SERVERS,
  prosody,
  libtoxcore,
  deltaChat,
  prosodyArchive,
  ...REPLICATED,
];
