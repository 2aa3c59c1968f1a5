// What `--json` prints, and what people read, for the values of the engine. Absent values are null, never missing.
import {
  lineRecord,
  type Contact,
  type ContextView,
  type DeviceView,
  type Invite,
  type Linking,
  type LogLine,
  type MessageTimer,
  type RelayStatus,
  type StrayDevice,
} from '@kith/core/client';
import { plain, plainLine, plainName } from './plain.ts';
import type { JsonRecord } from './printer.ts';
import { toLocalTime, toTime } from './time.ts';

/** An empty name or label is one that nobody gave. */
const orNull = (text: string): string | null => (text === '' ? null : text);

const timerRecord = (timer: MessageTimer | null): JsonRecord | null =>
  timer === null ? null : { from: timer.from, seconds: timer.seconds };

export const contactRecord = (contact: Contact): JsonRecord => ({
  conversation: contact.conversation,
  name: orNull(contact.name),
  nameFrom: contact.nameFrom,
  validity: contact.validity,
  state: contact.state,
  unread: contact.unread,
  wordsReady: contact.wordsReady,
  deviceOnly: contact.deviceOnly,
  context: contact.context,
  muted: contact.muted,
  pinned: contact.pinned,
  archived: contact.archived,
  timer: timerRecord(contact.timer),
  imported: contact.imported,
  waitingSince: contact.waitingSince === null ? null : toTime(contact.waitingSince),
});

const VALIDITY = { unvalidated: 'not checked yet', validated: 'checked', compromised: 'STOP' } as const;
export const contactWords = (contact: Contact): string =>
  [
    contact.conversation,
    plainName(contact.name),
    VALIDITY[contact.validity],
    contact.state,
    contact.unread > 0 ? `${contact.unread} unread` : '',
    ...(['pinned', 'archived', 'muted'] as const).filter((key) => contact[key]),
    contact.deviceOnly && !contact.imported ? 'only on this device' : '',
  ]
    .filter((part) => part !== '')
    .join('  ');

export const contextRecord = (context: ContextView): JsonRecord => ({
  context: context.context,
  label: context.label,
  hue: context.hue,
  name: orNull(context.name),
  conversations: context.conversations,
});
export const contextWords = ({ context, label, name, conversations }: ContextView): string =>
  [
    context,
    plainLine(label),
    name === '' ? 'they see no name' : `they see ${plainLine(name)}`,
    conversations === 1 ? '1 conversation' : `${conversations} conversations`,
  ].join('  ');

export const inviteRecord = (invite: Invite): JsonRecord => ({
  invite: invite.invite,
  link: invite.link,
  conversation: invite.conversation,
  reusable: invite.reusable,
  label: orNull(invite.label),
  context: invite.context,
  expires: toTime(invite.expires),
  uses: invite.uses,
  state: invite.state,
  localOnly: invite.localOnly,
  contested: invite.contested,
});
export const inviteWords = (invite: Invite): string =>
  [
    invite.invite,
    invite.state,
    invite.reusable ? `reusable, used ${invite.uses} times` : 'works once',
    `until ${toLocalTime(invite.expires)}`,
    plainLine(invite.label),
    invite.state === 'open' ? invite.link : '',
  ]
    .filter((part) => part !== '')
    .join('  ');

const timeOrNull = (at: number | null): string | null => (at === null ? null : toTime(at));

export const deviceRecord = (device: DeviceView): JsonRecord => ({
  device: device.device,
  name: orNull(device.name),
  addedAt: timeOrNull(device.addedAt === 0 ? null : device.addedAt),
  addedBy: device.addedBy,
  revoked: device.revoked,
  thisDevice: device.thisDevice,
  backup: device.backup,
  refusableUntil: timeOrNull(device.refusableUntil),
});
export const deviceWords = (device: DeviceView): string =>
  [
    device.device,
    device.backup ? '(a backup file)' : plainName(device.name),
    device.addedAt === 0 ? '' : `since ${toLocalTime(device.addedAt)}`,
    device.revoked ? 'removed' : '',
    device.thisDevice ? 'this one' : '',
    device.refusableUntil === null ? '' : `can be refused until ${toLocalTime(device.refusableUntil)}`,
  ]
    .filter((part) => part !== '')
    .join('  ');

export const strayRecord = (stray: StrayDevice): JsonRecord => ({
  conversation: stray.conversation,
  device: stray.device,
  addedAt: timeOrNull(stray.addedAt === 0 ? null : stray.addedAt),
  addedBy: stray.addedBy,
  disputed: stray.disputed,
});
/** `name`: of the contact. */
export const strayWords = (stray: StrayDevice, name: string): string =>
  [
    stray.device,
    `in ${name === '' ? stray.conversation : plainName(name)}`,
    stray.addedAt === 0 ? '' : `since ${toLocalTime(stray.addedAt)}`,
    stray.addedBy === null ? '' : `let in by ${stray.addedBy}`,
    stray.disputed ? 'disputed' : '',
  ]
    .filter((part) => part !== '')
    .join('  ');

/** `words`: to compare, whichever side this is. */
export const linkingRecord = ({ link, joining, removed, history }: Linking) => ({
  link:
    link === null
      ? null
      : {
          link: orNull(link.link),
          code: link.code,
          expires: toTime(link.expires),
          state: link.state,
          second: link.second,
          name: orNull(link.name),
        },
  joining: joining === null ? null : { state: joining.state },
  words: (link?.state === 'words' ? link.words : null) ?? joining?.words ?? null,
  history,
  removed: removed === null ? null : { at: toTime(removed.at), wiped: removed.wiped },
});

export const logRecord = (line: LogLine): JsonRecord => ({
  ...lineRecord(line),
  timer: timerRecord(line.timer),
  goesAt: line.goesAt === null ? null : toTime(line.goesAt),
  starred: line.starred,
});

const whatHappened = (line: LogLine): string => {
  switch (line.kind) {
    case 'text':
      return line.deleted || line.text === null ? '(deleted)' : plain(line.text);
    case 'reaction':
      return `reacted ${plainLine(line.emoji ?? '(nothing any more)')} to ${line.target ?? '?'}`;
    case 'edit':
      return `changed ${line.target ?? '?'}`;
    case 'delete':
      return `deleted ${line.target ?? '?'}`;
    case 'member':
    case 'notice':
      return `(${plainLine(line.notice ?? line.kind)})`;
    case 'call':
    case 'file':
      return `(${line.kind})`;
  }
};
const MARKS = {
  copy: 'written by a copy of the device',
  counterpart: "from the other side's copy",
  removed: 'from a removed device',
  newer: 'needs a newer Kith',
  imported: 'imported: not proof of who said it',
};
const STATES = {
  waiting: 'waiting',
  sent: 'on its way',
  delivered: 'delivered',
  read: 'read',
  failed: 'failed',
  unknown: 'may not have arrived',
};

const goes = ({ timer, goesAt }: LogLine): string =>
  goesAt !== null ? `goes ${toLocalTime(goesAt)}` : timer !== null ? 'goes after it is read' : '';

export const logWords = (line: LogLine): string => {
  const who = line.mine ? 'me' : plainName(line.authorName);
  const notes = [
    line.edited ? 'edited' : '',
    line.starred ? 'starred' : '',
    goes(line),
    line.mark === null ? '' : MARKS[line.mark],
    line.state === null ? '' : STATES[line.state],
    ...line.reactions.map(({ emoji, count }) => `${plainLine(emoji)} ${count}`),
  ].filter((note) => note !== '');
  const reply = line.reply === null ? '' : `[to ${plainLine(line.reply.text ?? line.reply.event).slice(0, 40)}] `;
  return `${line.event}  ${toLocalTime(line.sentAt)}  ${who}: ${reply}${whatHappened(line)}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}`;
};

export const relayRecord = (relay: RelayStatus): JsonRecord => ({
  url: relay.url,
  reachable: relay.reachable,
  latencyMs: relay.latencyMs,
  roles: relay.roles,
  load: relay.load,
});
export const relayWords = (relay: RelayStatus): string =>
  [
    plainLine(relay.url),
    relay.reachable ? 'reachable' : 'does not answer',
    relay.latencyMs === null ? '' : `${Math.round(relay.latencyMs)} ms`,
    plainLine(relay.roles.join(', ')),
    relay.load === null ? '' : `load ${Math.round(relay.load * 100)} %`,
  ]
    .filter((part) => part !== '')
    .join('  ');
