// Two people as two real engines in this process: real cryptography, homes on disk, a real relay over sockets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Kith, LogLine } from '@kith/core/client';
import { openNodeKith, type NodeKithParts } from '@kith/platform-node';
import { onTestFinished } from 'vitest';
import { startRelay, type RelayOptions, type RunningRelay } from '../../apps/relay/src/index.ts';

/** A folder that is gone after the test. */
export const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-stories-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
};

export const freshRelay = async (options: RelayOptions = {}): Promise<RunningRelay> => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: freshFolder(), ...options });
  onTestFinished(() => relay.close());
  return relay;
};

export interface Person {
  readonly home: string;
  readonly kith: Kith;
  /** Ends the engine; the home stays. */
  stop(): Promise<void>;
}
export const freshPerson = async (
  relay: string,
  home = join(freshFolder(), 'home'),
  parts: NodeKithParts = {},
): Promise<Person> => {
  const kith = await openNodeKith({ home, relays: [relay] }, parts);
  onTestFinished(() => kith.close());
  return { home, kith, stop: () => kith.close() };
};

/** Waits until it holds, looking again after changes of these engines. Fails after `limitMs` with what was awaited. */
export const until = async (
  what: string,
  people: readonly Person[],
  holds: () => Promise<boolean>,
  limitMs = 30_000,
): Promise<void> => {
  const end = Date.now() + limitMs;
  let changed = true;
  const unlisten = people.map(({ kith }) => kith.onChange(() => (changed = true)));
  try {
    for (let lookedAt = 0; ; await setTimeout(PAUSE_MS)) {
      // Now and then also without a change: some things come true by the passing of time.
      if (!changed && Date.now() - lookedAt < 10 * PAUSE_MS) continue;
      changed = false;
      lookedAt = Date.now();
      if (await holds()) return;
      if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    }
  } finally {
    for (const stop of unlisten) stop();
  }
};
const PAUSE_MS = 25;

/** They know each other; the conversation's id. */
export const introduce = async (
  alice: Person,
  bob: Person,
  names: readonly [string, string] = ['Alice', 'Bob'],
): Promise<string> => {
  await alice.kith.call('profile.set', { name: names[0] });
  const { link } = await alice.kith.call('invite.create', {});
  const { conversation } = await bob.kith.call('invite.accept', { link, name: names[1] });
  await until('both know each other', [alice, bob], async () => {
    for (const { kith } of [alice, bob]) {
      const contact = (await kith.call('contact.list', {})).find((one) => one.conversation === conversation);
      if (contact?.state !== 'active' || !contact.wordsReady) return false;
    }
    return true;
  });
  return conversation;
};

/** The whole log, oldest first. */
export const wholeLog = async (kith: Kith, conversation: string): Promise<readonly LogLine[]> => {
  const pages: (readonly LogLine[])[] = [];
  for (;;) {
    const before = pages[0]?.[0]?.event;
    const page = await kith.call('log', { conversation, limit: 500, ...(before === undefined ? {} : { before }) });
    if (page.length === 0) return pages.flat();
    pages.unshift(page);
  }
};
export const textsOf = (lines: readonly LogLine[], mine: boolean): readonly (string | null)[] =>
  lines.filter((line) => line.kind === 'text' && line.mine === mine).map(({ text }) => text);
export const pendingOf = async ({ kith }: Person): Promise<number> => (await kith.call('status', {})).pending;
