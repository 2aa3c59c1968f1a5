// Search and a page of a conversation of 100,000 messages, in Node: through the engine's door, against the plain SQLite
// query alone in the same run. Cold: the first question of a new process, whose caches are empty (the system's are not, and
// compiled code comes from Node's cache, as that of `kith` does).
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { quantile } from './figures.ts';
import { makeFloorSql } from './floor-sql.ts';
import { say } from './line.ts';
import { longConversation, SEED } from './people.ts';
import type { SearchProcess } from './search-process.ts';
import { drawRank, numbers, textOf, wordOf } from './words.ts';
import type { Worker } from './yard.ts';

const PAGE = 50;

/** One word of any rarity, two words, or the beginning of one: what people type. */
const queries = (count: number): readonly string[] => {
  const next = numbers(7);
  return Array.from({ length: count }, (_, i) => {
    const word = wordOf(drawRank(next));
    if (i % 3 === 0) return word;
    if (i % 3 === 1) return `${word} ${wordOf(drawRank(next))}`;
    return word.slice(0, 3);
  });
};

export const bench: Bench = async ({ yard, isQuick, print }) => {
  const count = isQuick ? 2000 : 100_000;
  const warm = isQuick ? 30 : 600;
  const colds = isQuick ? 3 : 20;
  const relay = await yard.relay();
  const started = Date.now();
  const { alice: home, conversation } = await longConversation(yard, relay, count);
  say(`search: ${count} messages written in ${Math.round((Date.now() - started) / 1000)} s`);
  const floor = join(yard.folder, 'floor.db');
  const next = numbers(SEED);
  makeFloorSql(
    floor,
    (function* () {
      for (let i = 0; i < count; i++) yield textOf(next);
    })(),
  );

  /** A process with both open, asked in turn, so that what else the machine does meets them alike. */
  const withProcess = async <T>(work: (process: Worker<SearchProcess>) => Promise<T>): Promise<T> => {
    const process = yard.worker<SearchProcess>('search-process.ts');
    await process.ask('open', { home, floor, conversation, page: PAGE, count });
    const result = await work(process);
    await process.ask('close', undefined as never);
    return result;
  };
  const words = queries(warm + colds);
  // Processes read the cache when they start and write it when they close; the first of them asks both questions for that.
  process.env['NODE_COMPILE_CACHE'] = join(yard.folder, 'compiled');
  await withProcess(async (first) => {
    for (const kind of ['search', 'page'] as const) await first.ask(kind, words.slice(0, 1));
  });
  const report = (metric: string, both: readonly (readonly [number, number])[]): void => {
    const at = (side: 0 | 1): number =>
      quantile(
        both.map((times) => times[side]),
        0.95,
      );
    print({
      metric: `${metric}-p95`,
      value: at(0),
      unit: 'ms',
      peer: 'floor-sql',
      peerValue: at(1),
      better: 'lower',
      durability: 'power',
    });
  };

  for (const kind of ['search', 'page'] as const) {
    const cold: (readonly [number, number])[] = [];
    for (let i = 0; i < colds; i++)
      cold.push(...(await withProcess((process) => process.ask(kind, words.slice(i, i + 1)))));
    report(`${kind}-cold`, cold);
  }
  await withProcess(async (process) => {
    for (const kind of ['search', 'page'] as const) {
      await process.ask(kind, words.slice(0, colds));
      report(`${kind}-warm`, await process.ask(kind, words.slice(colds)));
    }
    const found = await process.ask('found', words.slice(colds, colds + 30));
    say(
      `search: hits (at most ${PAGE}) of 30 queries, Kith and floor: ${found.map((pair) => pair.join('/')).join(' ')}`,
    );
  });
};
