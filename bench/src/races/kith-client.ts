// A client of Kith: its whole engine on a home on disk, as a person has it.
import type { Change, Kith, LogLine } from '@kith/core/client';
import { openNodeKith } from '@kith/platform-node';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import type { Hear, MeetingClient, Spot } from './peer.ts';

const LOOK_MS = 20;
const LONGEST_MS = 60_000;
/** Fewer lines than this at once are all there were. */
const ALL_TOLD = 50;

/** Whom a home knows, by name: kept beside it, for the next process that opens it. */
const peopleFile = (home: string): string => `${home}.people.json`;
const readPeople = (home: string): Map<string, string> =>
  new Map(
    existsSync(peopleFile(home)) ? (JSON.parse(readFileSync(peopleFile(home), 'utf8')) as [string, string][]) : [],
  );

export const openClient = async (spot: Spot, name: string, hear: Hear): Promise<MeetingClient> => {
  const home = join(spot['homes'] as string, name);
  const durability = spot['durability'] === 'power' ? 'power' : 'process';
  const kith: Kith = await openNodeKith({ home, relays: [spot['relay'] as string], durability });
  const conversations = readPeople(home);
  const names = new Map(Array.from(conversations, ([who, conversation]) => [conversation, who]));
  /** Conversations with something that no relay has yet. */
  const untaken = new Set<string>();
  const waiting: (() => void)[] = [];
  const failed = (cause: unknown): void => {
    throw cause instanceof Error ? cause : new Error(String(cause));
  };

  /** Those that are looked at, and whether something changed meanwhile. */
  const looking = new Map<string, boolean>();
  const look = async (conversation: string): Promise<void> => {
    if (looking.has(conversation)) {
      looking.set(conversation, true);
      return;
    }
    let isTaken: boolean;
    do {
      looking.set(conversation, false);
      const [last] = await kith.call('log', { conversation, limit: 1 });
      isTaken = !(last !== undefined && last.mine && last.state === 'waiting');
    } while (!isTaken && looking.get(conversation) === true);
    looking.delete(conversation);
    if (!isTaken || !untaken.delete(conversation) || untaken.size > 0) return;
    for (const tell of waiting.splice(0)) tell();
  };
  let cursor = (await kith.call('events.since', { from: null })).cursor;
  const take = ({ mine, text, conversation }: LogLine): void => {
    const from = names.get(conversation);
    if (!mine && text !== null && from !== undefined) hear(from, text);
  };
  /** Of many at once only the last are told; the others are asked for, and what is told meanwhile comes with them. */
  let isAsking = false;
  let askAgain = false;
  const catchUp = async (): Promise<void> => {
    isAsking = true;
    do {
      askAgain = false;
      const page = await kith.call('events.since', { from: cursor });
      for (const line of page.events) take(line);
      cursor = page.cursor;
      askAgain ||= page.events.length > 0;
    } while (askAgain);
    isAsking = false;
  };
  kith.onChange((change: Change) => {
    if (change.type === 'events') {
      if (isAsking) askAgain = true;
      else if (change.cursor === null || change.events.length >= ALL_TOLD) catchUp().catch(failed);
      else {
        for (const line of change.events) take(line);
        cursor = change.cursor;
      }
    } else if (change.type === 'conversation' && waiting.length > 0 && untaken.has(change.conversation))
      look(change.conversation).catch(failed);
  });
  return {
    send(to, text) {
      const conversation = conversations.get(to);
      if (conversation === undefined) throw new Error(`${name} does not know ${to}`);
      untaken.add(conversation);
      kith.call('send', { conversation, text }).catch(failed);
    },
    taken: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        for (const conversation of untaken) look(conversation).catch(failed);
      }),
    invite: async () => (await kith.call('invite.create', {})).link,
    accept: async (link) => (await kith.call('invite.accept', { link })).conversation,
    async met(who, conversation) {
      conversations.set(who, conversation);
      names.set(conversation, who);
      writeFileSync(peopleFile(home), JSON.stringify([...conversations]));
      for (const end = Date.now() + LONGEST_MS; Date.now() < end; await wait(LOOK_MS)) {
        const contact = (await kith.call('contact.list', {})).find((one) => one.conversation === conversation);
        if (contact?.state === 'active' && contact.wordsReady) return;
      }
      throw new Error(`${name} and ${who} did not meet`);
    },
    close: () => kith.close(),
  };
};
