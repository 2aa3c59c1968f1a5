// A client of Delta Chat's core: its program of its own for each person, asked over JSON-RPC, with its account in a folder.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MeetingClient, OpenClient } from './peer.ts';

const DOMAIN = 'race.test';
/** Of both sides of an introduction. */
const IS_DONE = 1000;
const LOCAL = '127.0.0.1';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}
interface CoreEvent {
  readonly kind: string;
  readonly msg?: string;
  readonly chatId?: number;
  readonly msgId?: number;
  readonly contactId?: number;
  readonly progress?: number;
}

export const openClient: OpenClient = async (spot, name, hear): Promise<MeetingClient> => {
  const core = spawn(spot['core'] as string, [], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { DC_ACCOUNTS_PATH: join(spot['accounts'] as string, name), RUST_LOG: 'error' },
  });
  process.once('exit', () => core.kill());
  core.stdin.on('error', () => undefined);
  const open = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  createInterface({ input: core.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as Answer;
    const waiting = open.get(id);
    open.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(JSON.stringify(error)));
  });
  let ended = false;
  core.once('exit', () => {
    ended = true;
    for (const { reject } of open.values()) reject(new Error(`the core of ${name} ended`));
  });
  let requests = 0;
  const call = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = ++requests;
      open.set(id, { resolve, reject });
      core.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  const failed = (cause: unknown): void => {
    if (!ended) throw cause instanceof Error ? cause : new Error(String(cause));
  };

  const chats = new Map<string, number>();
  const names = new Map<number, string>();
  const untaken = new Set<number>();
  const waiting: (() => void)[] = [];
  let sending = 0;
  const look = (): void => {
    if (sending > 0 || untaken.size > 0) return;
    for (const tell of waiting.splice(0)) tell();
  };
  /** What is wrong, as it says itself; a race that ends late tells the last of it. */
  let introduced: (contact: number) => void = () => undefined;
  let joined: () => void = () => undefined;
  const introduction = new Promise<number>((resolve) => (introduced = resolve));
  const joining = new Promise<void>((resolve) => (joined = resolve));
  const account = await call<number>('add_account');
  const take = async ({ kind, chatId, msgId, contactId, progress, msg }: CoreEvent): Promise<void> => {
    if (kind === 'IncomingMsg' && chatId !== undefined && names.has(chatId)) {
      const { text } = await call<{ readonly text: string }>('get_message', account, msgId);
      hear(names.get(chatId) as string, text);
    } else if (kind === 'MsgDelivered' && msgId !== undefined) {
      untaken.delete(msgId);
      look();
    } else if (kind === 'SecurejoinInviterProgress' && progress === IS_DONE && contactId !== undefined)
      introduced(contactId);
    else if (kind === 'SecurejoinJoinerProgress' && progress === IS_DONE) joined();
    else if (kind === 'Error') process.stderr.write(`races: Delta Chat, ${name}: ${String(msg)}\n`);
  };
  const listen = async (): Promise<void> => {
    for (;;) await take((await call<{ readonly event: CoreEvent }>('get_next_event')).event);
  };
  listen().catch(failed);

  const address = `${name}@${DOMAIN}`;
  await call('add_or_update_transport', account, {
    addr: address,
    password: 'x',
    imapServer: LOCAL,
    imapPort: Number(spot['imap']),
    imapSecurity: 'plain',
    imapUser: address,
    imapFolder: null,
    smtpServer: LOCAL,
    smtpPort: Number(spot['smtp']),
    smtpSecurity: 'plain',
    smtpUser: address,
    smtpPassword: 'x',
    certificateChecks: 'acceptInvalidCertificates',
    oauth2: false,
  });
  await call('start_io', account);
  let hasAccepted = false;
  return {
    send(to, text) {
      const chat = chats.get(to);
      if (chat === undefined) throw new Error(`${name} does not know ${to}`);
      sending++;
      call<number>('misc_send_text_message', account, chat, text)
        .then((message) => {
          sending--;
          untaken.add(message);
        })
        .catch(failed);
    },
    taken: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        look();
      }),
    invite: () => call('get_chat_securejoin_qr_code', account, null),
    async accept(link) {
      hasAccepted = true;
      return String(await call<number>('secure_join', account, link));
    },
    async met(who, conversation) {
      if (hasAccepted) await joining;
      const chat = hasAccepted
        ? Number(conversation)
        : await call<number>('create_chat_by_contact_id', account, await introduction);
      chats.set(who, chat);
      names.set(chat, who);
    },
    close: () =>
      new Promise((resolve) => {
        core.once('exit', () => resolve());
        core.kill();
      }),
  };
};
