// The races of Kith against the systems that people would otherwise choose, on the same units of work in the same run.
import { loadavg } from 'node:os';
import type { Bench } from './bench.ts';
import { now } from './figures.ts';
import { say } from './line.ts';
import { runAlone } from './races/alone.ts';
import { installDebian } from './races/debian.ts';
import { floor } from './races/floor.ts';
import { writePage, type Absent, type Raced } from './races/page.ts';
import { WORKS } from './races/peer.ts';
import { PEERS } from './races/peers.ts';

/** Words of the environment narrow a run down while something is looked for: `KITH_RACE_WORKS=W1 KITH_RACE_PEERS=floor-ws,…`. */
const chosen = (name: string): readonly string[] | undefined => process.env[name]?.split(',');

export const bench: Bench = async ({ yard: shared, isQuick, isInstalling, print }) => {
  const before = loadavg()[0] ?? 0;
  const works = WORKS.filter((work) => chosen('KITH_RACE_WORKS')?.includes(work) ?? true);
  const peers = PEERS.filter(({ name }) => chosen('KITH_RACE_PEERS')?.includes(name) ?? true);
  const flags = process.env['KITH_RACE_FLAGS']?.split(' ') ?? [];
  if (isInstalling) {
    const wanted = peers.filter((peer) => peer.missing() !== null);
    installDebian([...new Set(wanted.flatMap(({ packages = [] }) => packages))]);
    for (const { bring } of wanted) bring?.();
  }
  const absent: Absent[] = [];
  for (const peer of peers) {
    const why = peer.missing();
    if (why !== null) absent.push({ name: peer.name, why });
  }
  const racing = peers.filter((peer) => peer.missing() === null);
  const raced: Raced[] = [];
  for (const work of works) {
    const bare = new Map<string, number>();
    for (const peer of racing.filter((one) => one.works.includes(work))) {
      const start = now();
      const failure = await runAlone(shared, peer, work, { isQuick, flags }, (result) => {
        if (peer === floor) bare.set(result.part, result.value);
        const peerValue = bare.get(result.part) ?? null;
        raced.push({ work, peer, result, ratio: peerValue === null ? null : result.value / peerValue });
        if (peer === floor) return;
        print({
          metric: `${work}-${result.part}${peer.name.startsWith('kith') ? '' : `-${peer.name}`}`,
          value: result.value,
          unit: result.unit,
          peer: floor.name,
          peerValue,
          better: result.unit === 'KiB' ? 'lower' : 'higher',
          durability: peer.durability,
        });
      });
      if (failure !== null) absent.push({ name: `${peer.name} ${work}`, why: `it failed: ${failure}` });
      say(`races: ${peer.name} ${work}: ${Math.round((now() - start) / 1000)} s in all`);
    }
  }
  for (const { name, why } of absent) say(`races: ${name} is not here: ${why}`);
  const command = ['npm run bench -- races', ...(isQuick ? ['--quick'] : [])].join(' ');
  if (process.env['KITH_RACE_PAGE'] === 'yes') writePage(raced, absent, command, before);
};
