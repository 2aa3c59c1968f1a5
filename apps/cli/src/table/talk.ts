import { argument, command, flag, maybe, option, type CommandSpec } from './spec.ts';

const CONVERSATION = argument('CONVERSATION');
const EVENT = argument('EVENT');
const TEXT = argument('TEXT');
const STATED = ['event', 'state'];
export const LOG_FIELDS = ['event', 'author', 'mine', 'kind', 'text', 'sentAt', 'receivedAt', 'state'];
/** The home may have another one, which --passphrase-file gives. */
const BACKUP_PASSPHRASE = option('backup-passphrase-file', 'FILE', 'file with the passphrase of the backup', {
  kind: { type: 'file' },
});
const count = (most: number) => ({ type: 'count', least: 1, most }) as const;

export const TALK: readonly CommandSpec[] = [
  command('send', 'send a text; - reads it from stdin', {
    arguments: [CONVERSATION, TEXT],
    options: [
      option('reply', 'EVENT', 'the message it answers'),
      option('expires', 'TIME', 'it goes from both sides after this time: 30s to 366d', { kind: { type: 'duration' } }),
    ],
    examples: [
      'kith send Blair "Here I am"',
      'kith send Blair "The code is 4711" --expires 1h',
      'date | kith send Blair -',
      'kith send Blair -- --not-an-option',
    ],
    fields: STATED,
    load: async () => (await import('../actions/talk.ts')).send,
  }),
  command('edit', 'change a text of yours', {
    arguments: [CONVERSATION, EVENT, TEXT],
    fields: STATED,
    load: async () => (await import('../actions/talk.ts')).edit,
  }),
  command('react', 'answer a message with one emoji', {
    arguments: [CONVERSATION, EVENT, argument('EMOJI')],
    options: [flag('off', 'take the reaction back')],
    examples: ['kith react Blair dq0Zk3 👍'],
    fields: STATED,
    load: async () => (await import('../actions/talk.ts')).react,
  }),
  command('delete', 'delete a message for yourself', {
    arguments: [CONVERSATION, EVENT],
    options: [flag('for-all', 'ask the other side to delete it as well')],
    fields: ['event', 'deleted'],
    load: async () => (await import('../actions/talk.ts')).remove,
  }),
  command('star', 'mark a message to find it again', {
    arguments: [CONVERSATION, EVENT],
    options: [flag('off', 'take the mark away')],
    fields: ['event', 'starred'],
    load: async () => (await import('../actions/star.ts')).star,
  }),
  command('starred', 'print marked messages, newest first', {
    arguments: [maybe('CONVERSATION')],
    prints: 'lines',
    fields: [...LOG_FIELDS, 'conversation'],
    load: async () => (await import('../actions/star.ts')).starred,
  }),
  command('read', 'mark as read, up to a message or everything', {
    arguments: [CONVERSATION, maybe('EVENT')],
    fields: ['conversation', 'unread'],
    load: async () => (await import('../actions/talk.ts')).read,
  }),
  command('log', 'print the newest messages, oldest first', {
    arguments: [CONVERSATION],
    options: [
      option('limit', 'N', 'how many (50)', { kind: count(1_000_000) }),
      option('before', 'EVENT', 'only what stands before this one'),
      flag('verify', 'print instead which events are not what was signed; exit 1 when there are any'),
    ],
    examples: ['kith log Blair --limit 10'],
    prints: 'lines',
    fields: LOG_FIELDS,
    load: async () => (await import('../actions/log.ts')).log,
  }),
  command('search', 'search all messages on this device', {
    arguments: [argument('QUERY')],
    options: [
      option('in', 'CONVERSATION', 'only there'),
      option('limit', 'N', 'how many (50)', { kind: count(1_000_000) }),
    ],
    examples: ['kith search "lake house" --in Blair'],
    prints: 'lines',
    fields: [...LOG_FIELDS, 'conversation'],
    load: async () => (await import('../actions/log.ts')).search,
  }),
  command('sync', 'post what waits, fetch what is held for you', {
    options: [option('for', 'SECONDS', 'at most this long', { kind: { type: 'seconds', most: 86_400 } })],
    fields: ['sent', 'received', 'pending'],
    load: async () => (await import('../actions/sync.ts')).sync,
  }),
  command('follow', 'print new messages as they arrive, until it is ended', {
    options: [option('from', 'EVENT', 'first everything that arrived after this one')],
    examples: ['kith follow --json'],
    prints: 'lines',
    stays: true,
    fields: [...LOG_FIELDS, 'conversation'],
    load: async () => (await import('../actions/follow.ts')).follow,
  }),
  command('export', 'write an encrypted backup, or conversations for reading', {
    arguments: [argument('FILE', { type: 'file' })],
    options: [
      option('conversation', 'C', 'only this one'),
      flag('plain', 'readable by anyone'),
      option('format', 'FORMAT', 'jsonl or html', { kind: { type: 'choice', of: ['jsonl', 'html'] } }),
      flag('force', 'replace an existing file'),
      BACKUP_PASSPHRASE,
    ],
    examples: ['kith export kith.backup', 'kith export blair.jsonl --plain --conversation Blair'],
    fields: ['events', 'file', 'encrypted'],
    load: async () => (await import('../actions/export.ts')).exportTo,
  }),
  command('import', 'restore a backup into a new home, or read an export', {
    arguments: [argument('FILE', { type: 'file' })],
    options: [BACKUP_PASSPHRASE],
    examples: ['kith --home ~/kith-new import kith.backup', 'kith import blair.jsonl'],
    fields: ['events', 'conversations'],
    load: async () => (await import('../actions/import.ts')).importFrom,
  }),
];
