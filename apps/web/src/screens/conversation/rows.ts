// What the message list shows, made from the lines of the log: days, the "new messages" line, groups.
import type { LogLine } from '@kith/core/client';
import { sameDay } from '../../app/time.ts';

export interface Row {
  readonly line: LogLine;
  readonly firstOfDay: boolean;
  readonly firstNew: boolean;
  /** Older ones that stand before it are still coming. */
  readonly afterGap: boolean;
  /** The next one is by the same author within minutes: they stand closer together. */
  readonly grouped: boolean;
}

const GROUP_MS = 5 * 60_000;

/** Reactions, edits and deletions show in the line they are about. */
export const isShown = (line: LogLine): boolean =>
  line.kind !== 'reaction' && line.kind !== 'edit' && line.kind !== 'delete';

/** The row made last for a line: one that is the same is the same object, so that only rows that changed are drawn again. */
const made = new WeakMap<LogLine, Row>();
const rowOf = (row: Row): Row => {
  const { line, firstOfDay, firstNew, afterGap, grouped } = row;
  const before = made.get(line);
  const isSame =
    before?.firstOfDay === firstOfDay &&
    before.firstNew === firstNew &&
    before.afterGap === afterGap &&
    before.grouped === grouped;
  if (isSame) return before;
  made.set(line, row);
  return row;
};

export function rowsOf(lines: readonly LogLine[], firstNew: string | null): readonly Row[] {
  const shown = lines.filter(isShown);
  const follows = shown.map((line, index) => {
    const previous = shown[index - 1];
    return previous !== undefined && sameDay(previous.sentAt, line.sentAt);
  });
  // What the mark stands at may be a reaction: then the next message has it.
  const gap = lines.findIndex((line) => line.gap);
  const afterGap = gap < 0 ? undefined : lines.slice(gap).find(isShown);
  return shown.map((line, index) => {
    const next = shown[index + 1];
    const grouped =
      next !== undefined &&
      next.author === line.author &&
      next.kind === line.kind &&
      follows[index + 1] === true &&
      next.sentAt - line.sentAt < GROUP_MS;
    return rowOf({
      line,
      firstOfDay: follows[index] !== true,
      firstNew: line.event === firstNew,
      afterGap: line === afterGap,
      grouped,
    });
  });
}

/** The oldest of the `unread` newest messages of others. */
export function firstUnread(lines: readonly LogLine[], unread: number): string | null {
  if (unread === 0) return null;
  const others = lines.filter((line) => !line.mine && line.kind === 'text');
  return others[Math.max(0, others.length - unread)]?.event ?? null;
}
