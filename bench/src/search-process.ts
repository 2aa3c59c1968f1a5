// A worker that holds a home and the plain database side by side and times one question to each.
import { flushCompileCache } from 'node:module';
import type { Kith } from '@kith/core/client';
import { openNodeKith } from '@kith/platform-node';
import { answer } from './child.ts';
import { now } from './figures.ts';
import { openFloorSql, type FloorSql } from './floor-sql.ts';
import { numbers } from './words.ts';

interface Open {
  readonly kith: Kith;
  readonly floor: FloorSql;
  readonly conversation: string;
  readonly page: number;
  readonly count: number;
}
let open: Open | undefined;
const held = (): Open => {
  if (open === undefined) throw new Error('nothing is open');
  return open;
};
const timed = async (work: () => unknown): Promise<number> => {
  const start = now();
  await work();
  return now() - start;
};
/** Milliseconds of Kith's answer and of the floor's. */
type Both = readonly [number, number];

const next = numbers(99);
/** The event before which the next page is read. */
let before: string | undefined;

const methods = {
  async open({
    home,
    floor,
    ...rest
  }: {
    readonly home: string;
    readonly floor: string;
    readonly conversation: string;
    readonly page: number;
    readonly count: number;
  }): Promise<void> {
    const kith = await openNodeKith({ home, relays: [], online: false });
    open = { kith, floor: openFloorSql(floor, rest.page), ...rest };
  },
  async search(words: readonly string[]): Promise<readonly Both[]> {
    const { kith, floor, page } = held();
    const both: Both[] = [];
    for (const query of words)
      both.push([
        await timed(() => kith.call('search', { query, limit: page })),
        await timed(() => floor.search(query)),
      ]);
    return both;
  },
  /** The newest page first, then one further up each time; every tenth time somewhere else. */
  async page(words: readonly string[]): Promise<readonly Both[]> {
    const { kith, floor, conversation, page, count } = held();
    const both: Both[] = [];
    for (const [i, word] of words.entries()) {
      if (before === undefined) {
        both.push([
          await timed(() => kith.call('log', { conversation, limit: page })),
          await timed(() => floor.newest(page)),
        ]);
        before = (await kith.call('log', { conversation, limit: page }))[0]?.event;
        continue;
      }
      if (i % 10 === 9) before = (await kith.call('search', { query: word, limit: 1 }))[0]?.event ?? before;
      const from = before;
      const lines: { readonly event: string }[] = [];
      both.push([
        await timed(async () => lines.push(...(await kith.call('log', { conversation, limit: page, before: from })))),
        await timed(() => floor.before(Math.floor(next() * count), page)),
      ]);
      before = lines[0]?.event;
    }
    return both;
  },
  async found(words: readonly string[]): Promise<readonly Both[]> {
    const { kith, floor, page } = held();
    const both: Both[] = [];
    for (const query of words)
      both.push([(await kith.call('search', { query, limit: page })).length, floor.search(query)]);
    return both;
  },
  async close(): Promise<void> {
    await held().kith.close();
    held().floor.close();
    flushCompileCache();
    open = undefined;
    before = undefined;
  },
};
export type SearchProcess = typeof methods;
answer(methods);
