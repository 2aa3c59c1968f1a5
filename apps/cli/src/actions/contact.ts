import { KithError, type Contact, type Validity } from '@kith/core/client';
import { findConversation } from '../find/conversation.ts';
import { toTime } from '../print/time.ts';
import { contactRecord, contactWords as contactLine } from '../print/records.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';

const show = ({ print }: Context, contact: Contact): number => {
  print.record(contactRecord(contact), contactLine(contact));
  return 0;
};

export const contactList: Action = async (context) => {
  for (const contact of await (await context.kith()).call('contact.list', {})) show(context, contact);
  return 0;
};

export const contactRename: Action = async (context) => {
  const engine = await context.kith();
  const conversation = await findConversation(engine, context.input.argument('CONVERSATION'));
  return show(context, await engine.call('contact.rename', { conversation, name: context.input.argument('NAME') }));
};

export const contactChange =
  (method: 'contact.block' | 'contact.unblock' | 'contact.end'): Action =>
  async (context) => {
    const engine = await context.kith();
    const conversation = await findConversation(engine, context.input.argument('CONVERSATION'));
    return show(context, await engine.call(method, { conversation }));
  };

export const contactDevices: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  for (const { device, addedAt, removed, disputed, later } of await engine.call('contact.devices', { conversation })) {
    const since = toTime(addedAt);
    const words = `${device}  ${later ? 'added' : 'since'} ${since}${removed ? '  removed' : ''}${disputed ? '  disputed: two devices removed each other, and nothing is sent to either' : ''}`;
    print.record({ device, addedAt: since, removed, disputed, later }, words);
  }
  return 0;
};

export const contactWords: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const { words } = await engine.call('contact.words', { conversation });
  print.record({ words }, words.join(' '));
  print.talk('Read them to each other, in person or by a call. The same on both sides: nobody stands between you.');
  return 0;
};

export const contactMark: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  // The table lets nothing but the three values through.
  const marked = await engine.call('contact.mark', { conversation, validity: input.argument('VALIDITY') as Validity });
  print.record(
    { conversation: marked.conversation, validity: marked.validity },
    `${marked.conversation}  ${marked.validity}`,
  );
  return 0;
};

/** Without two conversations it lists what is merged. */
export const contactMerge: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const [one, other] = [input.optionalArgument('CONVERSATION'), input.optionalArgument('WITH')];
  if (one !== undefined && other === undefined)
    throw new KithError('bad-option', { message: 'Two conversations are merged.' });
  const merged =
    one === undefined || other === undefined
      ? await engine.call('contact.merged', {})
      : await engine.call('contact.merge', {
          conversation: await findConversation(engine, one),
          with: await findConversation(engine, other),
        });
  for (const { head, conversations } of merged) print.record({ head, conversations }, conversations.join('  '));
  return 0;
};
