import { findConversation } from '../find/conversation.ts';
import { withEvent } from '../find/event.ts';
import { logRecord, logWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';

export const star: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const off = input.flag('off');
  const { event, starred: on } = await withEvent(engine, conversation, input.argument('EVENT'), (id) =>
    engine.call('star', { conversation, event: id, off }),
  );
  print.record({ event, starred: on }, `${event}  ${on ? 'starred' : 'not starred'}`);
  return 0;
};

export const starred: Action = async ({ input, print, kith }) => {
  const engine = await kith(null);
  const where = input.optionalArgument('CONVERSATION');
  const lines = await engine.call(
    'star.list',
    where === undefined ? {} : { conversation: await findConversation(engine, where) },
  );
  for (const line of lines) print.record(logRecord(line), `${line.conversation}  ${logWords(line)}`);
  return 0;
};
