// A browser's home as it looks after years: 200 contacts, and one of them with a long conversation.
import { fromBase64url, toBase64url } from '@kith/core/bytes';
import { readLink } from '@kith/core/mailbox';
import type { Page } from 'playwright-core';
import type { BenchPage } from '../web/page.ts';
import { openBrowser } from './browser.ts';
import type { HistoryWriter } from './history.ts';
import { SEED, startPerson, until } from './people.ts';
import { numbers, textOf } from './words.ts';
import { timeOf } from './writing.ts';
import type { Server, Yard } from './yard.ts';

declare global {
  /** Only in pages, where bench/web/page.ts puts it. */
  var kithBench: BenchPage;
}

export const NAME = 'Blair';
const PACKETS_AT_ONCE = 4;

export interface BrowserHome {
  readonly profile: string;
  readonly conversation: string;
}

/** Opens `/bench.html` in the profile, with the engine running, for as long as `work` takes. */
export const withEngine = async <T>(profile: string, relay: Server, work: (page: Page) => Promise<T>): Promise<T> => {
  const { context, page } = await openBrowser(profile);
  try {
    await page.goto(`${relay.url}/bench.html`);
    await page.evaluate(() => kithBench.start());
    const result = await work(page);
    await page.evaluate(() => kithBench.stop());
    return result;
  } finally {
    await context.close();
  }
};

/** `relay` serves the app and the pages of bench/web. */
export const makeBrowserHome = async (
  yard: Yard,
  relay: Server,
  contacts: number,
  messages: number,
): Promise<BrowserHome> => {
  const profile = yard.newFolder('profile');
  const blair = await startPerson(yard, 'blair', relay);
  await blair.call('profile.set', { name: NAME });
  const links: string[] = [];
  for (let i = 0; i < contacts; i++) links.push((await blair.call('invite.create', { label: `Person ${i}` })).link);
  const [first = ''] = links;
  const conversation = await withEngine(profile, relay, async (page) => {
    const accepted = await page.evaluate(async (all) => {
      const conversations: string[] = [];
      for (const link of all) conversations.push((await kithBench.call('invite.accept', { link })).conversation);
      return conversations;
    }, links);
    await until('all are met', async () => {
      const active = await page.evaluate(
        async () =>
          (await kithBench.call('contact.list', {})).filter(({ state, wordsReady }) => state === 'active' && wordsReady)
            .length,
      );
      return active === contacts;
    });
    await page.evaluate(async (all) => {
      for (const [i, id] of all.entries())
        await kithBench.call('contact.rename', { conversation: id, name: i === 0 ? 'Blair' : `Person ${i}` });
      for (const id of all)
        await kithBench.call('send', { conversation: id, text: 'Hello! Shall we meet on Thursday?' });
    }, accepted);
    return accepted[0] ?? '';
  });
  await blair.engine.ask('close', undefined as never);
  const root = readLink(first)?.keyHash;
  if (messages > 0 && root !== undefined)
    await fill(yard, relay, profile, { conversation, root, bob: blair.home, count: messages, seed: SEED });
  await withEngine(profile, relay, (page) =>
    page.evaluate((id) => kithBench.call('read', { conversation: id }), conversation),
  );
  return { profile, conversation };
};

const fill = async (
  yard: Yard,
  relay: Server,
  profile: string,
  {
    conversation,
    root,
    bob,
    count,
    seed,
  }: {
    readonly conversation: string;
    readonly root: Uint8Array;
    readonly bob: string;
    readonly count: number;
    readonly seed: number;
  },
): Promise<void> => {
  const { context, page } = await openBrowser(profile);
  try {
    await page.goto(`${relay.url}/bench.html`);
    const asText = await page.evaluate(([id, key]) => kithBench.openHistory(id, key), [
      conversation,
      toBase64url(root),
    ] as const);
    const frontier = fromBase64url(asText);
    if (frontier === undefined) throw new Error('no frontier');
    const writer = yard.worker<HistoryWriter>('history.ts');
    const { packets, feed } = await writer.ask('packets', { bob, conversation, root, count, seed, frontier });
    const next = numbers(seed + 1);
    let arrived = 0;
    let written = 0;
    for (let i = 0; i < packets.length; i += PACKETS_AT_ONCE) {
      const share = packets.slice(i, i + PACKETS_AT_ONCE);
      const upTo = Math.round(((i + share.length) / packets.length) * (count / 2));
      const texts = Array.from({ length: upTo - written }, () => textOf(next));
      written = upTo;
      const time = timeOf(arrived + written, count);
      arrived += await page.evaluate(([some, from, own, at]) => kithBench.take(some, from, own, at), [
        share.map(toBase64url),
        toBase64url(feed),
        texts,
        time,
      ] as const);
    }
    if (arrived < count / 2) throw new Error(`${arrived} of ${count / 2} texts arrived in the browser`);
    await page.evaluate(() => kithBench.closeHistory());
  } finally {
    await context.close();
  }
};
