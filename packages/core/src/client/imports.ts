// Conversations read from export files, as screens and commands see them: read-only, each line marked.
import { decode } from '../codec/index.ts';
import {
  dropImported,
  dropImportedConversation,
  importBatchCodec,
  importedAt,
  importedConversation,
  importedConversations,
  importedHit,
  importedIdOf,
  importedPage,
  IMPORTED_KINDS,
  putImported,
  type ImportedConversation,
  type StoredLine,
} from '../conversation/index.ts';
import { conversationName, type ConversationId } from '../identity/index.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import { IMPORTED_PREFIX } from './export.ts';
import type { Contact, LogLine, Methods } from './rpc.ts';

export interface ImportedPage {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly around?: string | undefined;
  readonly oldest: boolean;
}

export class Imports {
  readonly #context: Context;
  constructor(context: Context) {
    this.#context = context;
  }

  /** The imported conversation of this name; undefined for any other. */
  has(id: ConversationId): boolean {
    return importedConversation(this.#context.store, id) !== undefined;
  }

  /** Takes a batch of lines; those that are here already are not counted. */
  take(batch: Uint8Array): Methods['import.lines']['result'] {
    const { store, crypto } = this.#context;
    const lines = decode(importBatchCodec, batch)?.lines;
    if (lines === undefined) throw new KithError('bad-option', { message: '"batch" is not a batch of lines.' });
    const conversations = new Map<string, ConversationId>();
    let added = 0;
    for (const line of lines) {
      if (putImported(store, crypto, line, this.#context.now())) added++;
      const id = importedIdOf(store, crypto, line.source);
      conversations.set(conversationName(id), id);
    }
    if (added > 0) this.#changed([...conversations.keys()]);
    return { added, conversations: [...conversations.keys()] };
  }
  #changed(conversations: readonly string[]): void {
    for (const conversation of conversations) this.#context.changed({ type: 'conversation', conversation });
    this.#context.changed({ type: 'contacts' });
  }

  contacts(): readonly Contact[] {
    return importedConversations(this.#context.store).map((one) => this.#contact(one));
  }
  #contact({ id, name, at }: ImportedConversation): Contact {
    const [newest] = importedPage(this.#context.store, id, { before: null, limit: 1 });
    return {
      conversation: conversationName(id),
      name: `${IMPORTED_PREFIX}${name}`,
      nameFrom: 'label',
      validity: 'unvalidated',
      state: 'ended',
      unread: 0,
      picture: null,
      at,
      preview: newest === undefined ? null : toLine(id, newest),
      draft: '',
      typing: false,
      waitingSince: null,
      wordsReady: false,
      deviceOnly: true,
      context: null,
      muted: false,
      pinned: false,
      archived: false,
      timer: null,
      imported: true,
    };
  }
  /** Takes the whole conversation away; the file can be imported again. */
  remove(id: ConversationId): void {
    dropImportedConversation(this.#context.store, id);
    this.#context.scrub();
    this.#changed([conversationName(id)]);
  }
  delete(id: ConversationId, event: string): Methods['delete']['result'] {
    dropImported(this.#context.store, id, this.#at(id, event));
    this.#context.scrub();
    this.#changed([conversationName(id)]);
    return { event, deleted: true };
  }

  log(id: ConversationId, { limit, before, after, around, oldest }: ImportedPage): readonly LogLine[] {
    const { store } = this.#context;
    const lines = (stored: readonly StoredLine[]): readonly LogLine[] => stored.map((line) => toLine(id, line));
    if (limit === 0) return [];
    if (around !== undefined) {
      const middle = this.#at(id, around);
      return lines([
        ...importedPage(store, id, { before: middle.place, limit: Math.floor(limit / 2) || 1 }),
        middle,
        ...importedPage(store, id, { after: middle.place, limit: Math.ceil(limit / 2) }),
      ]);
    }
    if (after !== undefined) return lines(importedPage(store, id, { after: this.#at(id, after).place, limit }));
    if (oldest) return lines(importedPage(store, id, { after: null, limit }));
    const end = before === undefined ? null : this.#at(id, before).place;
    return lines(importedPage(store, id, { before: end, limit }));
  }
  #at(id: ConversationId, event: string): StoredLine {
    const stored = importedAt(this.#context.store, id, event);
    if (stored === undefined) throw new KithError('unknown-event');
    return stored;
  }
  /** Behind an id of the search index; undefined when it is none of ours. */
  hit(searchId: Uint8Array): LogLine | undefined {
    const hit = importedHit(this.#context.store, searchId);
    return hit && toLine(hit.conversation, hit.stored);
  }
}

const toLine = (id: ConversationId, { line }: StoredLine): LogLine => ({
  event: line.event,
  conversation: conversationName(id),
  author: line.author,
  authorName: line.authorName,
  mine: line.mine,
  kind: IMPORTED_KINDS[line.kind] ?? 'notice',
  text: line.text,
  sentAt: line.sentAt,
  receivedAt: line.receivedAt,
  // Nothing here is on its way to anyone.
  state: null,
  edited: line.edited,
  deleted: line.deleted,
  reply: line.reply,
  reactions: line.reactions,
  target: line.target,
  emoji: line.emoji,
  timer: null,
  goesAt: null,
  starred: false,
  gap: false,
  mark: 'imported',
  notice: line.notice,
});
