import type { Kith, LogLine } from '@kith/core/client';
import { findConversation } from '../find/conversation.ts';
import { withEvent } from '../find/event.ts';
import { logRecord, logWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';

const DEFAULT_LIMIT = 50;
/** Pages keep one answer small, whatever was asked for. */
const PAGE = 500;

const DAMAGE = {
  header: 'its header is not what was signed',
  content: 'what it says is not what was signed',
  chain: 'what it follows is damaged or missing',
  lamport: 'its place in the order is wrong',
  unsealed: 'no good signature stands over it',
  missing: 'it was here and is gone',
} as const;

/** The newest `limit` lines before `before`, oldest first. */
const newest = async (
  kith: Kith,
  conversation: string,
  limit: number,
  before: string | undefined,
): Promise<readonly LogLine[]> => {
  const pages: (readonly LogLine[])[] = [];
  let left = limit;
  let end = before;
  while (left > 0) {
    const page = await kith.call('log', {
      conversation,
      limit: Math.min(left, PAGE),
      ...(end === undefined ? {} : { before: end }),
    });
    pages.push(page);
    if (page.length < Math.min(left, PAGE)) break;
    left -= page.length;
    end = page[0]?.event;
  }
  return pages.reverse().flat();
};

export const log: Action = async ({ input, print, kith }) => {
  // As long as it takes: a long log asks no relay anything.
  const engine = await kith(null);
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  if (input.flag('verify')) {
    const damaged = await engine.call('log.verify', { conversation });
    for (const { event, damage } of damaged) print.record({ event, damage }, `${event}  ${DAMAGE[damage]}`);
    if (damaged.length === 0) print.talk('Every event is what was signed.');
    return damaged.length === 0 ? 0 : 1;
  }
  const limit = input.count('limit') ?? DEFAULT_LIMIT;
  const before = input.option('before');
  const lines =
    before === undefined
      ? await newest(engine, conversation, limit, undefined)
      : await withEvent(engine, conversation, before, (event) => newest(engine, conversation, limit, event));
  for (const line of lines) {
    if (line.gap) print.talk('… older messages are still coming from your other devices');
    print.record(logRecord(line), logWords(line));
  }
  return 0;
};

export const search: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const where = input.option('in');
  const lines = await engine.call('search', {
    query: input.argument('QUERY'),
    limit: input.count('limit') ?? DEFAULT_LIMIT,
    ...(where === undefined ? {} : { in: await findConversation(engine, where) }),
  });
  for (const line of lines) print.record(logRecord(line), `${line.conversation}  ${logWords(line)}`);
  return 0;
};
