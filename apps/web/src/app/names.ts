import type { Contact, DeviceView, LogLine } from '@kith/core/client';
import { t } from '../words/index.ts';

/** Controls, and the characters that reorder what stands beside them. */
// oxlint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** What leaves ink. A name of nothing else is none. */
const VISIBLE = /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** A name that others chose, as it may stand in a line of ours: it turns nothing round that is not part of it. */
export const plainName = (name: string): string => {
  const plain = name.replace(STEERING, '').trim();
  return VISIBLE.test(plain) ? plain : '';
};

/** What to call a contact on screen: never an id. */
export const nameOf = (contact: Pick<Contact, 'name'>): string => plainName(contact.name) || t.list.unnamed;

/** For the middle of a sentence: '' when there is no name, and the sentence is worded for that. */
export const namedOf = (contact: Pick<Contact, 'name'>): string => plainName(contact.name);

/** Open invitations without a note, a draft or a message are shown under "Add someone", not as conversations. */
export const isListed = (contact: Contact): boolean =>
  contact.state === 'requested' ||
  contact.state !== 'invited' ||
  contact.name !== '' ||
  contact.draft !== '' ||
  contact.preview !== null;

/** '' when it has no name, and the sentence is worded for that. */
export const deviceName = ({ backup, name }: Pick<DeviceView, 'backup' | 'name'>): string =>
  backup ? t.devices.backupFile : plainName(name);

/** What happened, in a line of its own; a file that was imported may name anything. */
export const noticeOf = ({ notice }: Pick<LogLine, 'notice'>): string =>
  (notice !== null && Object.hasOwn(t.conversation.notices, notice) ? t.conversation.notices[notice] : undefined) ??
  t.conversation.notices['other'] ??
  '';
