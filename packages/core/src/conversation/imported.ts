// Conversations read from export files: lines that say what a file says, in tables of their own, apart from every log.
// Nothing in them was checked, so nothing of them is ever sent, counted, or mixed with what was received.
//
//   c conversation                              -> imported-conversation-record
//   l conversation, order 6, position 6, line   -> imported-line
//   i conversation, line                        -> order 6, position 6
//   e conversation, event                       -> line
import { concat, readUint48, toHex, uint48, utf8 } from '../bytes/index.ts';
import { bool, decode, encode, list, named, nullable, text, tuple, uint, type Infer } from '../codec/index.ts';
import type { Crypto } from '../crypto/index.ts';
import { conversationFromName, conversationIdFrom, type ConversationId } from '../identity/index.ts';
import type { Row, Store } from '../ports/index.ts';
import { MAX_EMOJI_BYTES, MAX_NAME_BYTES, MAX_TEXT_BYTES } from './content.ts';
import { afterPrefix } from './keys.ts';

/** An id of a conversation, a person or an event, as files have it. */
export const MAX_IMPORTED_ID = 64;
export const MAX_IMPORTED_REACTIONS = 256;
export const MAX_IMPORT_LINES = 500;
/** As in a log line; `kind` by its place here. */
export const IMPORTED_KINDS = ['text', 'reaction', 'edit', 'delete', 'member', 'call', 'file', 'notice'] as const;

const time = uint(2 ** 48 - 1);
const id = text(MAX_IMPORTED_ID);
export const importedLineCodec = named(
  'imported-line',
  tuple({
    event: id,
    author: id,
    authorName: text(MAX_NAME_BYTES),
    mine: bool,
    kind: uint(IMPORTED_KINDS.length - 1),
    text: nullable(text(MAX_TEXT_BYTES)),
    sentAt: time,
    receivedAt: time,
    edited: bool,
    deleted: bool,
    reply: nullable(tuple({ event: id, authorName: text(MAX_NAME_BYTES), text: nullable(text(MAX_TEXT_BYTES)) })),
    reactions: list(tuple({ emoji: text(MAX_EMOJI_BYTES), count: uint(), mine: bool }), MAX_IMPORTED_REACTIONS),
    target: nullable(id),
    emoji: nullable(text(MAX_EMOJI_BYTES)),
    notice: nullable(text(MAX_IMPORTED_ID)),
  }),
);
export type ImportedLine = Infer<typeof importedLineCodec>;

/** What reads the file hands to the engine: lines of one or several conversations, in the file's order. */
export const importBatchCodec = tuple({
  lines: list(
    tuple({
      /** The conversation's id and name as the file has them. */
      source: id,
      name: text(MAX_NAME_BYTES),
      /** The latest time of this conversation so far in the file: keeps the file's order, and sorts files among each other. */
      order: time,
      /** Line number in the file. */
      position: time,
      line: importedLineCodec,
    }),
    MAX_IMPORT_LINES,
  ),
});
export type ImportBatch = Infer<typeof importBatchCodec>;
export type BatchLine = ImportBatch['lines'][number];

const conversationRecord = named(
  'imported-conversation-record',
  tuple({ source: id, name: text(MAX_NAME_BYTES), at: time, lines: uint() }),
);
export interface ImportedConversation extends Infer<typeof conversationRecord> {
  readonly id: ConversationId;
}

const CONVERSATION = utf8('c');
const LINE = utf8('l');
const IDENTITY = utf8('i');
const EVENT = utf8('e');
const ID_BYTES = 16;
/** Length of a line's id in the search index: shorter than that of an event, so that the two are never taken for each other. */
const SEARCH_ID_BYTES = 32;

/** The same for every file about this conversation. An export of an imported conversation that is here is about itself. */
export const importedIdOf = (store: Store, crypto: Crypto, source: string): ConversationId => {
  const itself = conversationFromName(source);
  if (itself !== undefined && store.get('imported', concat(CONVERSATION, itself)) !== undefined) return itself;
  return conversationIdFrom(crypto.hash(ID_BYTES, concat(utf8('kith imported\0'), utf8(source))));
};
/**
 * What a line is known by: all that it says, but not what only its reader knows (when it came, delivery, names one gives
 * others): a later export of the same log says the same lines again.
 */
const identityOf = (crypto: Crypto, line: ImportedLine): Uint8Array =>
  crypto.hash(
    ID_BYTES,
    encode(importedLineCodec, { ...line, authorName: '', receivedAt: 0, reactions: [], reply: null }),
  );

export const importedConversation = (store: Store, conversation: ConversationId): ImportedConversation | undefined => {
  const raw = store.get('imported', concat(CONVERSATION, conversation));
  const record = raw === undefined ? undefined : decode(conversationRecord, raw);
  return record === undefined ? undefined : { ...record, id: conversation };
};
export const importedConversations = (store: Store): readonly ImportedConversation[] =>
  store
    .scan('imported', { from: CONVERSATION, to: afterPrefix(CONVERSATION) })
    .flatMap(({ key }) => importedConversation(store, conversationIdFrom(key.slice(1))) ?? []);

export interface StoredLine {
  /** Its place in the order: what pages are cut at. */
  readonly place: Uint8Array;
  readonly order: number;
  readonly position: number;
  readonly line: ImportedLine;
}

/** Takes one line; false when it is here already. `at`: milliseconds, when it was imported. */
export const putImported = (store: Store, crypto: Crypto, given: BatchLine, at: number): boolean => {
  const conversation = importedIdOf(store, crypto, given.source);
  const identity = identityOf(crypto, given.line);
  const identityKey = concat(IDENTITY, conversation, identity);
  if (store.get('imported', identityKey) !== undefined) return false;
  // A second version of an event (the file was edited after an earlier import) cannot have the same name.
  const eventKey = (event: string): Uint8Array => concat(EVENT, conversation, utf8(event));
  const event = store.get('imported', eventKey(given.line.event)) === undefined ? given.line.event : toHex(identity);
  const line = { ...given.line, event };
  const place = concat(uint48(given.order), uint48(given.position), identity);
  store.put('imported', concat(LINE, conversation, place), encode(importedLineCodec, line));
  store.put('imported', identityKey, place.slice(0, 12));
  store.put('imported', eventKey(event), identity);
  if (line.text !== null) store.indexText(concat(conversation, identity), line.text);
  const known = importedConversation(store, conversation);
  const record = { source: given.source, name: known?.name ?? given.name, at, lines: (known?.lines ?? 0) + 1 };
  store.put('imported', concat(CONVERSATION, conversation), encode(conversationRecord, record));
  return true;
};

const toStored = ({ key, value }: Row): readonly StoredLine[] => {
  const line = decode(importedLineCodec, value);
  if (line === undefined) return [];
  const place = key.slice(1 + ID_BYTES);
  return [{ place, order: readUint48(place, 0), position: readUint48(place, 6), line }];
};
const lineAt = (store: Store, conversation: ConversationId, identity: Uint8Array): StoredLine | undefined => {
  const start = store.get('imported', concat(IDENTITY, conversation, identity));
  const place = start === undefined ? undefined : concat(start, identity);
  const value = place === undefined ? undefined : store.get('imported', concat(LINE, conversation, place));
  return place === undefined || value === undefined
    ? undefined
    : toStored({ key: concat(LINE, conversation, place), value })[0];
};
export const importedAt = (store: Store, conversation: ConversationId, event: string): StoredLine | undefined => {
  const identity = store.get('imported', concat(EVENT, conversation, utf8(event)));
  return identity === undefined ? undefined : lineAt(store, conversation, identity);
};
/** Behind an id of the search index; undefined for one of a log. */
export const importedHit = (
  store: Store,
  searchId: Uint8Array,
): { readonly conversation: ConversationId; readonly stored: StoredLine } | undefined => {
  if (searchId.length !== SEARCH_ID_BYTES) return undefined;
  const conversation = conversationIdFrom(searchId.slice(0, ID_BYTES));
  const stored = lineAt(store, conversation, searchId.slice(ID_BYTES));
  return stored === undefined ? undefined : { conversation, stored };
};

/** Oldest first: after a place (null: from the beginning), or the newest ones before it (null: the end). */
export const importedPage = (
  store: Store,
  conversation: ConversationId,
  page:
    | { readonly after: Uint8Array | null; readonly limit: number }
    | { readonly before: Uint8Array | null; readonly limit: number },
): readonly StoredLine[] => {
  const lines = concat(LINE, conversation);
  if ('after' in page) {
    const from = page.after === null ? lines : concat(lines, page.after, Uint8Array.of(0));
    return store.scan('imported', { from, to: afterPrefix(lines), limit: page.limit }).flatMap(toStored);
  }
  const to = page.before === null ? afterPrefix(lines) : concat(lines, page.before);
  return store.scan('imported', { from: lines, to, reverse: true, limit: page.limit }).toReversed().flatMap(toStored);
};

/** The line goes, from the index too; importing the file again brings it back. */
export const dropImported = (store: Store, conversation: ConversationId, { place, line }: StoredLine): void => {
  const identity = place.slice(12);
  store.unindexText(concat(conversation, identity));
  store.delete('imported', concat(LINE, conversation, place));
  store.delete('imported', concat(IDENTITY, conversation, identity));
  store.delete('imported', concat(EVENT, conversation, utf8(line.event)));
  const known = importedConversation(store, conversation);
  if (known === undefined) return;
  const { source, name, at, lines } = known;
  store.put(
    'imported',
    concat(CONVERSATION, conversation),
    encode(conversationRecord, { source, name, at, lines: lines - 1 }),
  );
};
/** All of it. */
export const dropImportedConversation = (store: Store, conversation: ConversationId): void => {
  for (const line of importedPage(store, conversation, { after: null, limit: Number.MAX_SAFE_INTEGER }))
    dropImported(store, conversation, line);
  store.delete('imported', concat(CONVERSATION, conversation));
};
