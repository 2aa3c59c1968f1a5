// The races of Kith against the systems that people would otherwise choose, on the same units of work in the same run.
import type { Bench } from './bench.ts';
import { say } from './line.ts';
import { installDebian } from './races/debian.ts';
import { floor } from './races/floor.ts';
import { kith } from './races/kith.ts';
import type { Peer, Work } from './races/peer.ts';
import { SERVERS } from './races/servers.ts';
import { runWork, type Result } from './races/works.ts';
import { Yard } from './yard.ts';

const PEERS: readonly Peer[] = [floor, kith('process'), kith('power'), ...SERVERS];
/** Of those that people would otherwise choose. */
const NOT_YET = ['Delta Chat', 'libtoxcore'];
const RACED: readonly Work[] = ['W1', 'W2', 'W3'];

/** Words of the environment narrow a run down while something is looked for: `KITH_RACE_WORKS=W1 KITH_RACE_PEERS=floor-ws,…`. */
const chosen = (name: string): readonly string[] | undefined => process.env[name]?.split(',');

export const bench: Bench = async ({ isQuick, isInstalling, print }) => {
  const works = RACED.filter((work) => chosen('KITH_RACE_WORKS')?.includes(work) ?? true);
  const peers = PEERS.filter(({ name }) => chosen('KITH_RACE_PEERS')?.includes(name) ?? true);
  const flags = process.env['KITH_RACE_FLAGS']?.split(' ') ?? [];
  if (isInstalling)
    installDebian([...new Set(peers.filter((one) => one.missing() !== null).flatMap((one) => one.packages ?? []))]);
  for (const name of NOT_YET) say(`races: ${name} is not raced`);
  for (const peer of peers) {
    const why = peer.missing();
    if (why !== null) say(`races: ${peer.name} is not here: ${why}`);
  }
  const racing = peers.filter((peer) => peer.missing() === null);
  for (const work of works) {
    const results = new Map<string, Result[]>();
    for (const peer of racing.filter((one) => one.works.includes(work))) {
      const yard = new Yard();
      try {
        const own: Result[] = [];
        results.set(peer.name, own);
        await runWork(yard, peer, work, { isQuick, flags }, (result) => void own.push(result));
      } catch (error) {
        say(`races: ${peer.name} ${work} failed: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await yard.close();
      }
    }
    const bare = new Map(results.get('floor-ws')?.map((result) => [result.part, result]));
    for (const peer of racing) {
      for (const result of results.get(peer.name) ?? []) {
        if (peer === floor) continue;
        print({
          metric: `${work}-${result.part}${peer.name.startsWith('kith') ? '' : `-${peer.name}`}`,
          value: result.perSecond,
          unit: 'messages/s',
          peer: 'floor-ws',
          peerValue: bare.get(result.part)?.perSecond ?? null,
          better: 'higher',
          durability: peer.durability,
        });
      }
    }
  }
};
