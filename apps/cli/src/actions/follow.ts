import type { Kith } from '@kith/core/client';
import { logRecord, logWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';
import type { Printer } from '../print/printer.ts';

/** Prints what arrived after the cursor, until nothing is left; the cursor moves only after printing: at least once. */
const catchUp = async (kith: Kith, print: Printer, from: string): Promise<string> => {
  let cursor = from;
  for (;;) {
    const page = await kith.call('events.since', { from: cursor });
    for (const line of page.events) print.record(logRecord(line), `${line.conversation}  ${logWords(line)}`);
    cursor = page.cursor;
    if (page.events.length === 0) return cursor;
  }
};

export const follow: Action = async ({ input, print, host, kith }) => {
  const engine = await kith(null);
  let wake: () => void = () => undefined;
  let news = true;
  let ended = false;
  const notice = (): void => {
    news = true;
    wake();
  };
  const stop = engine.onChange((change) => {
    if (change.type === 'events') notice();
  });
  void host.ended.then(() => {
    ended = true;
    wake();
  });
  const from = input.option('from');
  const start = await engine.call('events.since', { from: from ?? null });
  print.record({ ready: true, conversation: null }, 'Listening for new messages. Ctrl+C ends it.');
  for (const line of start.events) print.record(logRecord(line), `${line.conversation}  ${logWords(line)}`);
  let { cursor } = start;
  while (!ended) {
    if (!news) await new Promise<void>((resolve) => (wake = resolve));
    news = false;
    if (!ended) cursor = await catchUp(engine, print, cursor);
  }
  stop();
  return 0;
};
