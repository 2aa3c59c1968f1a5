import { KithError, type Kith } from '@kith/core/client';
import { AmbiguousError } from './ambiguous.ts';

/** An id may be cut short to this many characters, as long as it stays unique. */
export const LEAST_PREFIX = 6;
export const isIdPrefix = (text: string): boolean => text.length >= LEAST_PREFIX && /^[A-Za-z0-9_-]+$/.test(text);

/** The id of a conversation named by its id, a unique part of its id's start, or a unique name. */
export const findConversation = async (kith: Kith, typed: string): Promise<string> => {
  const contacts = await kith.call('contact.list', {});
  if (contacts.some((contact) => contact.conversation === typed)) return typed;
  const wanted = typed.normalize('NFC');
  const fits = contacts.filter(
    (contact) =>
      (wanted !== '' && contact.name.normalize('NFC') === wanted) ||
      (isIdPrefix(typed) && contact.conversation.startsWith(typed)),
  );
  const [only] = fits;
  if (only === undefined) throw new KithError('unknown-conversation');
  if (fits.length > 1) {
    throw new AmbiguousError(
      'conversation',
      fits.map(({ conversation, name }) => ({ conversation, name: name === '' ? null : name })),
    );
  }
  return only.conversation;
};
