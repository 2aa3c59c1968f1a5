// The history of a conversation of 100,000 messages, to a device that has just been linked: through a real relay, homes on
// disk, against peers that replicate the same texts in the same run.
import type { Bench, Racing } from './bench.ts';
import { withEngine } from './browser-home.ts';
import { buildParts, siteWithBench } from './build.ts';
import { say } from './line.ts';
import { fill, inNode, keep, REPLICAS, written, type Fresh, type Kept, type Measured } from './replica.ts';

const prepare = async ({ yard }: Racing, count: number): Promise<Kept> => {
  buildParts('web');
  return keep(yard, await written(yard, count), 'process', ['--web-root', await siteWithBench(yard)]);
};
const inChromium = async ({ yard }: Racing, { relay, alice, conversation }: Kept): Promise<Measured> =>
  withEngine(yard.newFolder('profile'), relay, async (page) => {
    const fresh: Fresh = {
      call: async (method, params) =>
        (await page.evaluate(([name, given]) => kithBench.call(name, given), [method, params] as const)) as never,
      received: async () => 0,
    };
    return fill(alice, fresh, conversation, [alice.engine.pid, relay.pid]);
  });

export const bench: Bench = async (racing) => {
  const { isQuick, print } = racing;
  const count = isQuick ? 2000 : 100_000;
  const tell = (name: string, { all, first, cpu }: Measured): void => {
    const parts = cpu.map((part) => part.toFixed(2)).join(' + ');
    say(`history: ${name} ${Math.round(all)} ms, first screen ${Math.round(first)} ms, processor ${parts} s`);
  };
  const rate = ({ all }: Measured): number => (count / all) * 1000;
  const cpu = ({ cpu: parts }: Measured): number => (parts.reduce((sum, part) => sum + part, 0) / count) * 1e6;
  const durability = 'process';

  const kith = await prepare(racing, count);
  const own = await inNode(racing.yard, kith);
  tell('kith', own);
  if (own.count < count) throw new Error(`${own.count} of ${count} messages came`);
  for (const name of ['hypercore', 'hypercore-encrypted', 'automerge-repo', 'yjs'] as const) {
    const theirs = await REPLICAS[name](racing.yard, count);
    tell(name, theirs);
    if (theirs.count < count) throw new Error(`${name}: ${theirs.count} of ${count} messages came`);
    const both = (of: (one: Measured) => number) => ({ peer: name, value: of(own), peerValue: of(theirs) });
    print({ metric: `history-${count}`, ...both(rate), unit: 'messages/s', better: 'higher', durability });
    print({ metric: `history-${count}-cpu`, ...both(cpu), unit: 'us/message', better: 'lower', durability });
    print({
      metric: `history-${count}-wire`,
      ...both(({ received }) => received / count),
      unit: 'bytes/message',
      better: 'lower',
      durability,
    });
    print({ metric: 'history-first-screen', ...both(({ first }) => first), unit: 'ms', better: 'lower', durability });
  }
  const chromium = await inChromium(racing, kith);
  tell('chromium', chromium);
  const none = { peer: 'none', peerValue: null, durability: 'power' } as const;
  print({ ...none, metric: `chromium-history-${count}`, value: rate(chromium), unit: 'messages/s', better: 'higher' });
  print({ ...none, metric: 'chromium-history-first-screen', value: chromium.first, unit: 'ms', better: 'lower' });
};
