// Alice and Bob, who know each other: engines in processes of their own, over a real relay.
import type { Contact, Method, Methods } from '@kith/core/client';
import { readLink } from '@kith/core/mailbox';
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineProcess } from './engine.ts';
import type { HistoryWriter } from './history.ts';
import type { Server, Worker, Yard } from './yard.ts';

export interface Person {
  readonly home: string;
  readonly engine: Worker<EngineProcess>;
  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']>;
}

export const startPerson = async (
  yard: Yard,
  name: string,
  relay: Server,
  {
    home = yard.newFolder(name),
    durability = 'process',
  }: { readonly home?: string; readonly durability?: 'process' | 'power' } = {},
): Promise<Person> => {
  const engine = yard.worker<EngineProcess>('engine.ts');
  await engine.ask('open', { home, relay: relay.url, online: true, durability });
  yard.atEnd(() => engine.ask('close', undefined as never));
  return { home, engine, call: async (method, params) => (await engine.ask('call', { method, params })) as never };
};

/** Of the texts: the same in every run. */
export const SEED = 20_261_121;
const LOOK_MS = 20;
const LONGEST_MS = 60_000;
/** Looks until it is so. */
export const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + LONGEST_MS; Date.now() < end; await wait(LOOK_MS)) if (await isSo()) return;
  throw new Error(`in vain: ${what}`);
};

export const contactOf = async (person: Person, conversation: string): Promise<Contact | undefined> =>
  (await person.call('contact.list', {})).find((contact) => contact.conversation === conversation);

/** Both know each other and their words are ready; the conversation. */
export const meet = async (alice: Person, bob: Person): Promise<string> => {
  const { link } = await alice.call('invite.create', {});
  return meetBy(link, alice, bob);
};
const meetBy = async (link: string, alice: Person, bob: Person): Promise<string> => {
  const { conversation } = await bob.call('invite.accept', { link });
  for (const person of [alice, bob]) {
    await until('the two meet', async () => {
      const contact = await contactOf(person, conversation);
      return contact?.state === 'active' && contact.wordsReady;
    });
  }
  return conversation;
};

/**
 * A conversation of `count` texts, half of each, in Alice's home, where all of it is shown; both engines are closed.
 * Bob's home has only what he wrote.
 */
export const longConversation = async (
  yard: Yard,
  relay: Server,
  count: number,
): Promise<{ readonly alice: string; readonly bob: string; readonly conversation: string }> => {
  const [alice, bob] = await Promise.all([startPerson(yard, 'alice', relay), startPerson(yard, 'bob', relay)]);
  const { link } = await alice.call('invite.create', {});
  const conversation = await meetBy(link, alice, bob);
  for (const { engine } of [alice, bob]) await engine.ask('close', undefined as never);
  const root = readLink(link)?.keyHash;
  if (root === undefined) throw new Error('a link that does not read');
  const history = yard.worker<HistoryWriter>('history.ts');
  await history.ask('both', { alice: alice.home, bob: bob.home, conversation, root, count, seed: SEED });
  await alice.engine.ask('open', { home: alice.home, relay: relay.url, online: false });
  await alice.call('read', { conversation });
  await alice.engine.ask('close', undefined as never);
  return { alice: alice.home, bob: bob.home, conversation };
};
