import type { EventState } from '@kith/core/client';
import { findConversation } from '../find/conversation.ts';
import { withEvent } from '../find/event.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';
import { readText } from './text.ts';

const STATE = {
  waiting: 'waits here until a relay takes it',
  sent: 'on its way',
  delivered: 'delivered',
  read: 'read',
  failed: 'failed',
  unknown: 'may not arrive',
} as const;
const show = ({ print }: Context, { event, state }: { readonly event: string; readonly state: EventState }): number => {
  print.record({ event, state }, `${event}  ${STATE[state]}`);
  return 0;
};

export const send: Action = async (context) => {
  const { input, host, kith } = context;
  const text = await readText(host, input.argument('TEXT'));
  const reply = input.option('reply');
  const expiresMs = input.duration('expires');
  const timer = expiresMs === undefined ? {} : { expiresMs };
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  if (reply === undefined) return show(context, await engine.call('send', { conversation, text, ...timer }));
  return show(
    context,
    await withEvent(engine, conversation, reply, (event) =>
      engine.call('send', { conversation, text, reply: event, ...timer }),
    ),
  );
};

export const edit: Action = async (context) => {
  const { input, host, kith } = context;
  const text = await readText(host, input.argument('TEXT'));
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  return show(
    context,
    await withEvent(engine, conversation, input.argument('EVENT'), (event) =>
      engine.call('edit', { conversation, event, text }),
    ),
  );
};

export const react: Action = async (context) => {
  const { input, kith } = context;
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const emoji = input.argument('EMOJI');
  const off = input.flag('off');
  return show(
    context,
    await withEvent(engine, conversation, input.argument('EVENT'), (event) =>
      engine.call('react', { conversation, event, emoji, off }),
    ),
  );
};

export const remove: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const forAll = input.flag('for-all');
  const { event, deleted } = await withEvent(engine, conversation, input.argument('EVENT'), (id) =>
    engine.call('delete', { conversation, event: id, forAll }),
  );
  print.record({ event, deleted }, `${event}  ${deleted ? 'deleted' : 'not deleted'}`);
  return 0;
};

export const read: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const upTo = input.optionalArgument('EVENT');
  const { unread } =
    upTo === undefined
      ? await engine.call('read', { conversation })
      : await withEvent(engine, conversation, upTo, (event) => engine.call('read', { conversation, event }));
  print.record({ conversation, unread }, `${unread} unread`);
  return 0;
};
