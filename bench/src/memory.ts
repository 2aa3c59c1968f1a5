// Resident memory of the engine of a home with 100,000 messages: the released `kith daemon`, after it has shown, searched
// and taken messages, against a Node that does nothing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { buildParts } from './build.ts';
import { longConversation } from './people.ts';
import { residentOf, root } from './yard.ts';

const AIM_MB = 150;
const PAGES = 40;
const WORDS = ['ka', 'lomi', 'renta', 'su', 'vor'];

export const bench: Bench = async ({ yard, isQuick, print }) => {
  buildParts('cli');
  const count = isQuick ? 2000 : 100_000;
  const relay = await yard.relay();
  const { alice: home, conversation } = await longConversation(yard, relay, count);
  const main = join(root, 'apps/cli/dist/kith.mjs');
  const daemon = await yard.server([main, '--home', home, '--json', 'daemon'], /"socket":"([^"]+)"/);
  const started = residentOf(daemon.pid) / 1024;
  const kith = (...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--home', home, '--json', ...words], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`kith ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  for (let i = 0; i < (isQuick ? 2 : PAGES); i++) {
    kith('log', conversation, '--limit', '500');
    kith('search', WORDS[i % WORDS.length] as string);
    kith('send', conversation, `message ${i}`);
  }
  const used = residentOf(daemon.pid) / 1024;
  const floor = await yard.server(['-e', 'console.log("ready at -"); setInterval(() => 0, 1000)'], /ready at (-)/);
  const peerValue = residentOf(floor.pid) / 1024;
  const line = { unit: 'MiB', better: 'lower', durability: 'power' } as const;
  print({ ...line, metric: `memory-${count}-started`, value: started, peer: 'floor-node', peerValue });
  print({ ...line, metric: `memory-${count}-used`, value: used, peer: 'floor-node', peerValue });
  print({ ...line, metric: `memory-${count}-used`, value: used, peer: 'budget', peerValue: AIM_MB });
};
