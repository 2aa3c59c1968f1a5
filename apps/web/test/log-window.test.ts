// The part of a conversation that is in memory, while older messages come in above what is shown.
import type { Change, Kith, LogLine, Method, Methods } from '@kith/core/client';
import { expect, test, vi } from 'vitest';
import { LogWindow } from '../src/app/log-window.ts';
import { rowsOf } from '../src/screens/conversation/rows.ts';

const line = (n: number, gap = false, kind: LogLine['kind'] = 'text'): LogLine =>
  ({ event: `event ${n}`, author: 'them', kind, sentAt: n * 60_000, text: String(n), gap }) as LogLine;

/** An engine that has these lines. */
const engine = (lines: readonly LogLine[]) => {
  const held = { lines, changed: (): void => undefined };
  const kith: Kith = {
    call: async <M extends Method>(_: M, params: Methods[M]['params']) => {
      const { limit = 50, before, around } = params as Methods['log']['params'];
      const at = (wanted: string): number => held.lines.findIndex(({ event }) => event === wanted);
      if (around !== undefined) {
        const from = Math.max(0, at(around) - Math.floor(limit / 2));
        return held.lines.slice(from, from + limit) as Methods[M]['result'];
      }
      const end = before === undefined ? held.lines.length : at(before);
      return held.lines.slice(Math.max(0, end - limit), end) as Methods[M]['result'];
    },
    onChange: (listener: (change: Change) => void) => {
      held.changed = () => listener({ type: 'conversation', conversation: 'c' });
      return () => undefined;
    },
    close: async () => undefined,
  };
  return { held, kith };
};
const events = (lines: readonly LogLine[]): readonly string[] => lines.map(({ event }) => event);

test('S4.25 while older ones come there is more above, and all of it can be read in the end', async () => {
  const newest = Array.from({ length: 30 }, (_, i) => line(970 + i, i === 0));
  const { held, kith } = engine(newest);
  const log = new LogWindow(kith, 'c');
  log.listen(() => undefined);
  log.latest();
  await vi.waitFor(() => expect(log.state().status).toBe('ready'));
  expect(events(log.state().lines)).toEqual(events(newest));
  expect(log.state().atStart).toBe(false);
  // Oldest first they come, and stand above the mark.
  held.lines = [...Array.from({ length: 10 }, (_, i) => line(i)), ...newest];
  log.older();
  await vi.waitFor(() => expect(log.state().lines.length).toBe(40));
  held.lines = Array.from({ length: 1000 }, (_, i) => line(i));
  held.changed();
  await vi.waitFor(() => expect(log.state().lines.some(({ gap }) => gap)).toBe(false));
  for (let pages = 0; pages < 40 && !log.state().atStart; pages++) {
    const [first] = log.state().lines;
    log.older();
    await vi.waitFor(() => expect(log.state().atStart || log.state().lines[0] !== first).toBe(true));
  }
  expect(log.state().lines[0]?.event).toBe('event 0');
});

test('S4.25 what comes late and stands before the first line is shown, at the end of a log and in its middle', async () => {
  const { held, kith } = engine([line(10), line(11)]);
  const log = new LogWindow(kith, 'c');
  log.listen(() => undefined);
  log.latest();
  await vi.waitFor(() => expect(log.state().atStart).toBe(true));
  held.lines = [line(9), ...held.lines];
  held.changed();
  await vi.waitFor(() => expect(log.state().lines[0]?.event).toBe('event 9'));
  expect(log.state().atStart).toBe(true);

  const long = engine(Array.from({ length: 500 }, (_, i) => line(10 + i)));
  const read = new LogWindow(long.kith, 'c');
  read.listen(() => undefined);
  read.latest();
  await vi.waitFor(() => expect(read.state().status).toBe('ready'));
  while (!read.state().atStart) {
    const [first] = read.state().lines;
    read.older();
    await vi.waitFor(() => expect(read.state().lines[0]).not.toBe(first));
  }
  await vi.waitFor(() => expect(read.state().atEnd).toBe(false));
  long.held.lines = [line(8), line(9), ...long.held.lines];
  long.held.changed();
  await vi.waitFor(() => expect(read.state().lines[0]?.event === 'event 8' || !read.state().atStart).toBe(true));
  read.older();
  await vi.waitFor(() => expect(read.state().lines[0]?.event).toBe('event 8'));
});

test('S4.25 the mark stands at a message, also when a reaction comes first', () => {
  const marked = (lines: readonly LogLine[]) =>
    rowsOf(lines, null).flatMap((row) => (row.afterGap ? [row.line.text] : []));
  expect(marked([line(1), line(2, true), line(3)])).toEqual(['2']);
  expect(marked([line(1), line(2, true, 'reaction'), line(3)])).toEqual(['3']);
  expect(marked([line(1), line(2)])).toEqual([]);
});
