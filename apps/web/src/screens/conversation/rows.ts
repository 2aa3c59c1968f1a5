// What the message list shows, made from the lines of the log: days, the "new messages" line, groups.
import type { LogLine } from '@kith/core/client';
import { sameDay } from '../../app/time.ts';

export interface Row {
  readonly line: LogLine;
  readonly firstOfDay: boolean;
  readonly firstNew: boolean;
  /** The next one is by the same author within minutes: they stand closer together. */
  readonly grouped: boolean;
}

const GROUP_MS = 5 * 60_000;

/** Reactions, edits and deletions show in the line they are about. */
export const isShown = (line: LogLine): boolean =>
  line.kind !== 'reaction' && line.kind !== 'edit' && line.kind !== 'delete';

/** The row made last for a line: one that is the same is the same object, so that only rows that changed are drawn again. */
const made = new WeakMap<LogLine, Row>();
const rowOf = (line: LogLine, firstOfDay: boolean, firstNew: boolean, grouped: boolean): Row => {
  const before = made.get(line);
  if (before?.firstOfDay === firstOfDay && before.firstNew === firstNew && before.grouped === grouped) return before;
  const row = { line, firstOfDay, firstNew, grouped };
  made.set(line, row);
  return row;
};

export function rowsOf(lines: readonly LogLine[], firstNew: string | null): readonly Row[] {
  const shown = lines.filter(isShown);
  const follows = shown.map((line, index) => {
    const previous = shown[index - 1];
    return previous !== undefined && sameDay(previous.sentAt, line.sentAt);
  });
  return shown.map((line, index) => {
    const next = shown[index + 1];
    const grouped =
      next !== undefined &&
      next.author === line.author &&
      next.kind === line.kind &&
      follows[index + 1] === true &&
      next.sentAt - line.sentAt < GROUP_MS;
    return rowOf(line, follows[index] !== true, line.event === firstNew, grouped);
  });
}

/** The oldest of the `unread` newest messages of others. */
export function firstUnread(lines: readonly LogLine[], unread: number): string | null {
  if (unread === 0) return null;
  const others = lines.filter((line) => !line.mine && line.kind === 'text');
  return others[Math.max(0, others.length - unread)]?.event ?? null;
}
