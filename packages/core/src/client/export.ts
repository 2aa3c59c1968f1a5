// Conversations as a file for people and programs: one JSON object a line, pages in, pieces out, never the whole in memory.
// Whoever holds such a file can change it, and it says so itself: it proves nothing to anyone.
import type { Contact, Kith, LogLine } from './rpc.ts';

export const EXPORT_VERSION = 1;
/** Said wherever such a file is made or read. */
export const EXPORT_NOTICE = 'This file is not proof of who said what: anyone who has it can change it.';
/** Goes before the name of what was read from a file. */
export const IMPORTED_PREFIX = 'Imported: ';
const PAGE = 500;

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** RFC 3339, UTC, milliseconds. A peer's far-fetched time is cut to what the form can say. */
export const toTime = (ms: number): string => new Date(Math.min(Math.max(ms, 0), LATEST)).toISOString();

/** Legal in JSON, but line ends or terminal controls to some readers. */
const AWKWARD = /[\u007f-\u009f\u2028\u2029]/g;
/** One JSON value on one line for every reader; lone surrogates come out escaped. */
export const toJsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(AWKWARD, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
/** An empty name is one that nobody gave. */
const orNull = (text: string): string | null => (text === '' ? null : text);

/** A log line as commands print it and files hold it (interface document, "Values"). */
export const lineRecord = (line: LogLine): Readonly<Record<string, unknown>> => ({
  event: line.event,
  conversation: line.conversation,
  author: line.author,
  authorName: orNull(line.authorName),
  mine: line.mine,
  kind: line.kind,
  text: line.text,
  sentAt: toTime(line.sentAt),
  receivedAt: toTime(line.receivedAt),
  state: line.state,
  edited: line.edited,
  deleted: line.deleted,
  reply:
    line.reply === null
      ? null
      : { event: line.reply.event, authorName: orNull(line.reply.authorName), text: line.reply.text },
  reactions: line.reactions.map(({ emoji, count, mine }) => ({ emoji, count, mine })),
  target: line.target,
  emoji: line.emoji,
  mark: line.mark,
  notice: line.notice,
});

/** All lines, oldest first, in pages. */
export const allLines = async function* (kith: Kith, conversation: string): AsyncGenerator<readonly LogLine[]> {
  let after: string | undefined;
  for (;;) {
    const page = await kith.call('log', {
      conversation,
      limit: PAGE,
      ...(after === undefined ? { oldest: true } : { after }),
    });
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.event;
  }
};
/** The conversations to write: one, or all there are, those that were imported included. */
export const exported = async (kith: Kith, conversation: string | null): Promise<readonly Contact[]> =>
  (await kith.call('contact.list', {})).filter((one) => conversation === null || one.conversation === conversation);

export interface ExportProgress {
  /** Told after each page: events written so far. */
  readonly onEvents?: (events: number) => void;
}
/** The file in pieces. `at`: milliseconds, when it is made. */
export const exportLines = async function* (
  kith: Kith,
  conversation: string | null,
  at: number,
  { onEvents }: ExportProgress = {},
): AsyncGenerator<string> {
  const contacts = await exported(kith, conversation);
  const header = {
    kith: 'export',
    version: EXPORT_VERSION,
    at: toTime(at),
    notice: EXPORT_NOTICE,
    conversations: contacts.map(({ conversation: id, name, imported }) => ({
      conversation: id,
      name: orNull(imported ? name.slice(IMPORTED_PREFIX.length) : name),
      imported,
    })),
  };
  yield `${toJsonLine(header)}\n`;
  let events = 0;
  for (const contact of contacts) {
    for await (const page of allLines(kith, contact.conversation)) {
      yield page.map((line) => `${toJsonLine(lineRecord(line))}\n`).join('');
      onEvents?.((events += page.length));
    }
  }
};
