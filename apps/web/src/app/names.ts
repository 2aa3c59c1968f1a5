import type { Contact, DeviceView } from '@kith/core/client';
import { t } from '../words/index.ts';

/** What to call a contact on screen: never an id. */
export const nameOf = (contact: Pick<Contact, 'name'>): string =>
  contact.name.trim() === '' ? t.list.unnamed : contact.name;

/** For the middle of a sentence: '' when there is no name, and the sentence is worded for that. */
export const namedOf = (contact: Pick<Contact, 'name'>): string => contact.name.trim();

/** Open invitations without a note, a draft or a message are shown under "Add someone", not as conversations. */
export const isListed = (contact: Contact): boolean =>
  contact.state === 'requested' ||
  contact.state !== 'invited' ||
  contact.name !== '' ||
  contact.draft !== '' ||
  contact.preview !== null;

/** '' when it has no name, and the sentence is worded for that. */
export const deviceName = ({ backup, name }: Pick<DeviceView, 'backup' | 'name'>): string =>
  backup ? t.devices.backupFile : name;
