import { KithError, type ContextView } from '@kith/core/client';
import { findContext } from '../find/context.ts';
import { findConversation } from '../find/conversation.ts';
import { contactRecord, contactWords, contextRecord, contextWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';

const show = ({ print }: Context, context: ContextView): number => {
  print.record(contextRecord(context), contextWords(context));
  return 0;
};
const listed = (context: Context, all: readonly ContextView[]): number => {
  for (const one of all) show(context, one);
  return 0;
};
/** Label, hue and name, as far as they were given. */
const given = ({ input }: Context): { readonly label?: string; readonly hue?: number; readonly name?: string } => {
  const [label, hue, name] = [input.option('label'), input.count('hue'), input.option('name')];
  return {
    ...(label === undefined ? {} : { label }),
    ...(hue === undefined ? {} : { hue }),
    ...(name === undefined ? {} : { name }),
  };
};

export const contextList: Action = async (context) =>
  listed(context, await (await context.kith()).call('context.list', {}));

export const contextAdd: Action = async (context) => {
  const label = context.input.argument('NAME');
  return show(context, await (await context.kith()).call('context.create', { ...given(context), label }));
};

export const contextChange: Action = async (context) => {
  const engine = await context.kith();
  const { context: id } = await findContext(engine, context.input.argument('CONTEXT'));
  return show(context, await engine.call('context.change', { context: id, ...given(context) }));
};

export const contextRemove: Action = async (context) => {
  const engine = await context.kith();
  const removed = await findContext(engine, context.input.argument('CONTEXT'));
  await engine.call('context.remove', { context: removed.context });
  return show(context, removed);
};

export const contactContext: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const typed = input.optionalArgument('CONTEXT');
  if ((typed === undefined) !== input.flag('none'))
    throw new KithError('bad-option', { message: 'Name a context, or say --none.' });
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const context = typed === undefined ? null : (await findContext(engine, typed)).context;
  const contact = await engine.call('contact.context', { conversation, context });
  print.record(contactRecord(contact), contactWords(contact));
  return 0;
};
