// The engine's half of writing a backup: parts, one a call, each made from where the last one ended. What is written is what
// the logs hold when their turn comes; `self` comes last, so that what was deleted meanwhile is deleted after a restore.
import { concat, equalBytes, utf8 } from '../bytes/index.ts';
import { decode, encode } from '../codec/index.ts';
import {
  afterPrefix,
  importedConversations,
  importedLineCodec,
  importedPage,
  MAX_IMPORT_LINES,
} from '../conversation/index.ts';
import { Secret } from '../crypto/index.ts';
import {
  conversationIdFrom,
  conversationName,
  type ConversationId,
  type FeedId,
  type MemberId,
} from '../identity/index.ts';
import type { ConversationLog, Frontier, LogObject } from '../log/index.ts';
import { decodePeerState } from '../sync/index.ts';
import {
  backupRecordCodec,
  fileKeyOf,
  PART_PLAIN_BYTES,
  paddedParts,
  readHeader,
  sealPart,
  sizeInPart,
  withCheck,
  type BackupHeader,
  type BackupRecord,
} from './backup-format.ts';
import { STEPS, writingRecord, type Cursor, type Writing } from './backup-cursor.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import { PASSPHRASE_COST } from './lock-record.ts';
import type { Methods } from './rpc.ts';
import type { Spares } from './spares.ts';

const WRITING = utf8('w');
const NOTHING_HELD: Frontier = { digest: new Uint8Array(16), base: 0, feeds: [] };
/** A record of this size and the longest text still fit a part many times. */
const OBJECT_BYTES = 131_072;
/** Of imported lines in one record, likewise: a line may be much longer than its text. */
const IMPORTED_BYTES = 131_072;

interface Source {
  readonly kind: 0 | 1;
  readonly root: Uint8Array;
  readonly me: MemberId;
  readonly log: ConversationLog;
}
const eventsIn = (objects: readonly LogObject[], counts: boolean): number =>
  counts ? objects.filter(({ type }) => type === 'event').length : 0;

export class BackupWriter {
  readonly #context: Context;
  readonly #home: Home;
  readonly #spares: Spares;
  constructor(context: Context, home: Home, spares: Spares) {
    this.#context = context;
    this.#home = home;
    this.#spares = spares;
  }

  #writing(): Writing | undefined {
    const raw = this.#context.store.get('backup', WRITING);
    return raw === undefined ? undefined : decode(writingRecord, raw);
  }
  #keep(writing: Writing): void {
    this.#context.store.put('backup', WRITING, encode(writingRecord, writing));
  }

  /** The header to write: that of an unfinished file when it is ours, else a new one. */
  plan(unfinished: Uint8Array | undefined): Methods['backup.plan']['result'] {
    const known = this.#writing();
    const begun = unfinished === undefined ? undefined : readHeader(unfinished);
    if (known !== undefined && begun?.type === 'header' && equalBytes(begun.header.backup, known.header.backup)) {
      return { ...known.header, resumes: true };
    }
    const { randomness } = this.#context;
    return { backup: randomness.bytes(16), salt: randomness.bytes(16), ...PASSPHRASE_COST, resumes: false };
  }
  /** `under`: what Argon2id made of the passphrase with the planned cost. Answers the header of the file, and the next part. */
  begin(file: Pick<BackupHeader, 'backup' | 'salt'>, under: Secret): Methods['backup.begin']['result'] {
    const { crypto, store } = this.#context;
    const header: BackupHeader = { format: 1, ...file, ...PASSPHRASE_COST };
    const key = fileKeyOf(crypto, under, header);
    under.wipe();
    const known = this.#writing();
    const resumes = known !== undefined && equalBytes(known.header.backup, header.backup);
    if (resumes && !crypto.equal(known.key, key.expose())) {
      throw new KithError('wrong-passphrase', {
        message: 'The unfinished backup was begun with another passphrase.',
        hint: 'Use that one, or delete the unfinished file.',
      });
    }
    const start = withCheck(crypto, key, header);
    if (!resumes) {
      const conversations = [...this.#spares.ensure().map(({ id }) => id), this.#home.self.conversation];
      const cursor: Cursor = { step: STEPS.begin, conversations, ranges: [], after: null, records: 0, events: 0 };
      store.delete('backup', WRITING);
      this.#keep({ header, key: key.expose().slice(), next: 0, cursor, before: null, total: null });
    }
    key.wipe();
    return { header: start, next: resumes ? known.next : 0 };
  }
  /** Null when the file is whole. The part before the next one can be had again. */
  part(index: number): Methods['backup.part']['result'] {
    const writing = this.#writing();
    if (writing === undefined) throw new KithError('bad-option', { message: 'No backup was begun.' });
    const again = index === writing.next - 1 && writing.before !== null;
    if (index !== writing.next && !again) throw new KithError('bad-option', { message: 'This is not the next part.' });
    if (writing.total !== null && index >= writing.total) {
      return { part: null, of: writing.total, events: writing.cursor.events };
    }
    const { crypto, randomness } = this.#context;
    const { records, cursor } = this.#fill(again && writing.before !== null ? writing.before : writing.cursor);
    const total = cursor.step === STEPS.padding ? (writing.total ?? paddedParts(index + 1)) : null;
    const key = new Secret(writing.key.slice());
    const part = sealPart(crypto, key, index, records, randomness.bytes(24));
    key.wipe();
    const before = again ? writing.before : writing.cursor;
    this.#keep({ ...writing, next: index + 1, cursor, before, total });
    return { part, of: total, events: cursor.events };
  }
  end(): void {
    this.#context.store.delete('backup', WRITING);
  }

  #fill(from: Cursor): { readonly records: readonly Uint8Array[]; readonly cursor: Cursor } {
    const records: Uint8Array[] = [];
    let used = 0;
    let cursor = from;
    while (cursor.step !== STEPS.padding) {
      const made = this.#next(cursor);
      if (made.record !== null) {
        const record = encode(backupRecordCodec, made.record);
        // It would fit none of the parts that follow either.
        if (sizeInPart(record) > PART_PLAIN_BYTES) throw new Error('a record of a backup that is longer than a part');
        if (used + sizeInPart(record) > PART_PLAIN_BYTES) break;
        records.push(record);
        used += sizeInPart(record);
      }
      cursor = { ...made.cursor, records: cursor.records + (made.record === null ? 0 : 1) };
    }
    return { records, cursor };
  }
  #source(conversation: ConversationId): Source | undefined {
    const { self } = this.#home;
    if (equalBytes(self.conversation, conversation))
      return { kind: 0, root: conversation, me: this.#home.mine.me, log: self };
    const pair = this.#home.pair(conversation);
    return pair && { kind: 1, root: pair.local.root, me: pair.me, log: pair.log };
  }

  /** One record (or none), and what comes after it. */
  #next(cursor: Cursor): { readonly record: BackupRecord | null; readonly cursor: Cursor } {
    const { store } = this.#context;
    const [conversation, ...others] = cursor.conversations;
    switch (cursor.step) {
      case STEPS.begin: {
        const made = Math.max(0, this.#context.now());
        return {
          record: { type: 'begin', made, self: this.#home.self.conversation },
          cursor: { ...cursor, step: STEPS.log },
        };
      }
      case STEPS.log: {
        if (conversation === undefined) return { record: null, cursor: { ...cursor, step: STEPS.imported } };
        const source = this.#source(conversation);
        if (source === undefined) return { record: null, cursor: { ...cursor, conversations: others } };
        const { kind, root, me, log } = source;
        const members = log.charter().members.map(({ id }) => id);
        const ranges = log.compare(NOTHING_HELD).theyLack;
        return {
          record: { type: 'log', conversation, kind, root, me, members },
          cursor: { ...cursor, step: STEPS.objects, ranges },
        };
      }
      case STEPS.objects: {
        const log = conversation === undefined ? undefined : this.#source(conversation)?.log;
        if (conversation === undefined || log === undefined || cursor.ranges.length === 0) {
          return { record: null, cursor: { ...cursor, step: STEPS.held, ranges: [], after: null } };
        }
        const { objects, left } = log.read(cursor.ranges, OBJECT_BYTES);
        if (objects.length === 0 && left.length > 0) throw new Error('a range of a log that gives nothing');
        return {
          record: objects.length === 0 ? null : { type: 'objects', conversation, objects },
          cursor: { ...cursor, ranges: left, events: cursor.events + eventsIn(objects, log !== this.#home.self) },
        };
      }
      case STEPS.held: {
        const next = { ...cursor, step: STEPS.log, conversations: others, after: null };
        if (conversation === undefined) return { record: null, cursor: next };
        const from = cursor.after === null ? conversation : concat(cursor.after, Uint8Array.of(0));
        const [row] = store.scan('peer', { from, to: afterPrefix(conversation), limit: 1 });
        if (row === undefined) return { record: null, cursor: next };
        const state = decodePeerState(row.value);
        const feed = row.key.slice(16, 24) as FeedId;
        const record: BackupRecord | null =
          row.key.length === 24 && state !== undefined
            ? { type: 'held', conversation, feed, frontier: state.frontier, read: state.read }
            : null;
        return { record, cursor: { ...cursor, after: row.key } };
      }
      case STEPS.imported:
        return this.#nextImported(cursor);
      case STEPS.spare: {
        const seed = this.#spares.seed();
        return { record: seed && { type: 'spare', seed }, cursor: { ...cursor, step: STEPS.relays } };
      }
      case STEPS.relays:
        return {
          record: { type: 'relays', relays: this.#home.remembered },
          cursor: { ...cursor, step: STEPS.end },
        };
      default:
        return {
          record: { type: 'end', records: cursor.records + 1 },
          cursor: { ...cursor, step: STEPS.padding },
        };
    }
  }
  /** `after`: a conversation, and the place of the last line that was written. */
  #nextImported(cursor: Cursor): { readonly record: BackupRecord | null; readonly cursor: Cursor } {
    const { store } = this.#context;
    const done = { record: null, cursor: { ...cursor, step: STEPS.spare, after: null } };
    const current = cursor.after === null ? undefined : conversationIdFrom(cursor.after.slice(0, 16));
    const all = importedConversations(store);
    const at =
      current === undefined ? 0 : all.findIndex(({ id }) => conversationName(id) === conversationName(current));
    const here = all[at];
    if (here === undefined) return done;
    const place = cursor.after === null || cursor.after.length === 16 ? null : cursor.after.slice(16);
    const page = importedPage(store, here.id, { after: place, limit: MAX_IMPORT_LINES });
    let length = 0;
    const room = page.findIndex(({ line }) => (length += encode(importedLineCodec, line).length) > IMPORTED_BYTES);
    const taken = room === -1 ? page : page.slice(0, room + 1);
    const last = taken.at(-1);
    if (last === undefined) {
      const following = all[at + 1];
      return following === undefined ? done : { record: null, cursor: { ...cursor, after: following.id } };
    }
    const { source, name } = here;
    const lines = taken.map(({ order, position, line }) => ({ source, name, order, position, line }));
    return { record: { type: 'imported', lines }, cursor: { ...cursor, after: concat(here.id, last.place) } };
  }
}
