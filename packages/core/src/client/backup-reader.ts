// The engine's half of a restore. Logs are taken in under the ids of their conversations, where nothing shows them; the rest
// is put aside. Only when the last record was read does one transaction make the home of it (`adopt`). Until then the home is
// what it was: a break goes on later with the next part, and giving up takes everything away again.
import { concat, equalBytes, toHex, uint32, utf8 } from '../bytes/index.ts';
import { bool, bytes, decode, encode, named, tuple, uint, type Infer } from '../codec/index.ts';
import { afterPrefix } from '../conversation/index.ts';
import { Secret } from '../crypto/index.ts';
import type { ConversationId } from '../identity/index.ts';
import { LOG_TABLES, openConversationLog, type ConversationLog } from '../log/index.ts';
import {
  backupHeaderCodec,
  backupRecordCodec,
  fileKeyOf,
  fitsHeader,
  openPart,
  readHeader,
  type BackupHeader,
  type BackupRecord,
} from './backup-format.ts';
import type { Context } from './context.ts';
import { KithError } from './errors.ts';
import type { Row } from '../ports/index.ts';
import type { Methods } from './rpc.ts';

const READING = utf8('r');
const ASIDE = utf8('a');
/** Lines of export files are kept apart: there may be very many, and until the end nobody asks for them. */
const LINES = utf8('i');
/** Rows of them, each as long as a record: so many are at hand at a time. */
const PAGE = 16;

const readingRecord = named(
  'backup-reading-record',
  tuple({
    header: backupHeaderCodec,
    key: bytes(32),
    next: uint(),
    records: uint(),
    /** The last record was read. */
    whole: bool,
  }),
);
type Reading = Infer<typeof readingRecord>;
type RecordOf<T extends BackupRecord['type']> = Extract<BackupRecord, { readonly type: T }>;

/** All that a backup holds, once it is read whole. */
export interface Restored {
  readonly self: ConversationId;
  readonly logs: readonly RecordOf<'log'>[];
  readonly held: readonly RecordOf<'held'>[];
  readonly imported: Iterable<RecordOf<'imported'>>;
  readonly relays: readonly string[];
  /** What may let this device in; null: the backup has none. */
  readonly spare: Secret | null;
}
/** Makes this home one of the person's devices: a new one, with keys of its own. Runs in one transaction. */
export type Adopt = (restored: Restored) => Methods['restore.finish']['result'];

const damaged = (part: number): KithError =>
  new KithError('bad-backup', { message: `Part ${part + 1} of this backup is damaged.` });

export class BackupReader {
  readonly #context: Context;
  readonly #adopt: Adopt;
  readonly #logs = new Map<string, ConversationLog>();
  /** What begins now is what the file has brought. */
  #isFinishing = false;
  constructor(context: Context, adopt: Adopt) {
    this.#context = context;
    this.#adopt = adopt;
  }

  #reading(): Reading | undefined {
    const raw = this.#context.store.get('backup', READING);
    return raw === undefined ? undefined : decode(readingRecord, raw);
  }
  #keep(reading: Reading): void {
    this.#context.store.put('backup', READING, encode(readingRecord, reading));
  }
  /**
   * A conversation begins in this home otherwise, or it joins another `self`: what was read so far may be of the same ones, and nobody
   * would show it there, or take it away again.
   */
  giveUp(): void {
    if (!this.#isFinishing && this.#reading() !== undefined) this.cancel();
  }

  /** `start`: the header of the file with its check; `under`: what Argon2id made of the passphrase. */
  begin(start: Uint8Array, under: Secret): Methods['restore.begin']['result'] {
    const read = readHeader(start);
    if (read.type === 'newer') throw new KithError('newer-import');
    if (read.type !== 'header') throw new KithError('bad-backup');
    const { crypto } = this.#context;
    const key = fileKeyOf(crypto, under, read.header);
    under.wipe();
    if (!fitsHeader(crypto, key, start)) {
      key.wipe();
      throw new KithError('wrong-passphrase', { message: 'This is not the passphrase of this backup.' });
    }
    const known = this.#reading();
    if (known !== undefined && isSame(known.header, read.header)) {
      key.wipe();
      return { next: known.next, whole: known.whole };
    }
    if (known !== undefined) this.cancel();
    this.#keep({ header: read.header, key: key.expose().slice(), next: 0, records: 0, whole: false });
    key.wipe();
    return { next: 0, whole: false };
  }

  /** Everything of a part, or nothing of it. The same part again changes nothing. */
  part(index: number, part: Uint8Array): Methods['restore.part']['result'] {
    const reading = this.#reading();
    if (reading === undefined || index > reading.next) {
      throw new KithError('bad-option', { message: 'This is not the next part.' });
    }
    if (index < reading.next || reading.whole) return { next: reading.next, whole: reading.whole };
    const key = new Secret(reading.key.slice());
    const records = openPart(this.#context.crypto, key, index, part);
    key.wipe();
    if (records === undefined || !this.#fits(records, reading)) throw damaged(index);
    let count = reading.records;
    for (const record of records) this.#take(record, count++);
    const whole = records.at(-1)?.type === 'end';
    this.#keep({ ...reading, next: index + 1, records: count, whole });
    return { next: index + 1, whole };
  }
  /** Is the order that of a file? Looked at before anything is written. */
  #fits(records: readonly BackupRecord[], reading: Reading): boolean {
    const logs = new Set(this.#aside('log').map(({ conversation }) => toHex(conversation)));
    return records.every((record, i) => {
      if ((record.type === 'begin') !== (reading.records + i === 0)) return false;
      if (record.type === 'end') return i === records.length - 1 && record.records === reading.records + i + 1;
      if (record.type === 'log') logs.add(toHex(record.conversation));
      return record.type !== 'objects' || logs.has(toHex(record.conversation));
    });
  }
  #take(record: BackupRecord, number: number): void {
    switch (record.type) {
      case 'objects':
        this.#takeObjects(record);
        return;
      case 'log': {
        this.#put(record, number);
        const log = this.#log(record.conversation);
        for (const member of record.members) log.admit(member);
        return;
      }
      case 'begin':
      case 'held':
      case 'imported':
      case 'spare':
      case 'relays':
        this.#put(record, number);
        return;
      case 'end':
        return;
    }
  }
  #takeObjects({ conversation, objects }: RecordOf<'objects'>): void {
    const log = this.#log(conversation);
    const entries = objects.filter(({ type }) => type === 'entry');
    // Disputes and waits go by when entries were first seen: by the time that the file was begun, as far as nothing more is told.
    if (entries.length > 0) log.ingest(entries, 'own', this.#writtenAt());
    // Times of arrival are those of the lost device; without one a line shows when it was sent.
    log.ingest(
      objects.filter(({ type }) => type !== 'entry'),
      'own',
      0,
    );
  }
  #writtenAt(): number {
    const now = Math.max(1, Math.floor(this.#context.now()));
    return Math.min(now, this.#aside('begin')[0]?.made ?? now);
  }
  #put(record: BackupRecord, number: number): void {
    const where = record.type === 'imported' ? LINES : ASIDE;
    this.#context.store.put('backup', concat(where, uint32(number)), encode(backupRecordCodec, record));
  }
  /** What was put aside, of one type, in the order of the file. */
  #aside<T extends BackupRecord['type']>(type: T): readonly RecordOf<T>[] {
    const rows = this.#context.store.scan('backup', { from: ASIDE, to: afterPrefix(ASIDE) });
    return rows.flatMap(({ value }) => {
      const record = decode(backupRecordCodec, value);
      return record?.type === type ? [record as RecordOf<T>] : [];
    });
  }
  *#rows(prefix: Uint8Array): Iterable<Row> {
    const to = afterPrefix(prefix);
    for (let from = prefix, page: readonly Row[]; ; from = concat(page.at(-1)?.key ?? prefix, Uint8Array.of(0))) {
      page = this.#context.store.scan('backup', { from, to, limit: PAGE });
      yield* page;
      if (page.length < PAGE) return;
    }
  }
  *#imported(): Iterable<RecordOf<'imported'>> {
    // A restore that an older Kith began put them with all else.
    for (const prefix of [ASIDE, LINES])
      for (const { value } of this.#rows(prefix)) {
        const record = decode(backupRecordCodec, value);
        if (record?.type === 'imported') yield record;
      }
  }
  #log(conversation: ConversationId): ConversationLog {
    const name = toHex(conversation);
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const record = this.#aside('log').find((one) => equalBytes(one.conversation, conversation));
    if (record === undefined) throw new Error('objects of a log that was not named');
    const { store, crypto, randomness } = this.#context;
    const kind = record.kind === 0 ? 'self' : 'pair';
    const log = openConversationLog({ store, crypto, randomness, conversation, kind, roots: [record.root] });
    this.#logs.set(name, log);
    return log;
  }

  finish(): Methods['restore.finish']['result'] {
    const reading = this.#reading();
    if (reading === undefined || !reading.whole) {
      throw new KithError('bad-backup', { message: 'The end of this backup is missing.' });
    }
    const [begin] = this.#aside('begin');
    if (begin === undefined) throw new Error('a whole backup begins');
    const seed = this.#aside('spare')[0]?.seed;
    const restored: Restored = {
      self: begin.self,
      logs: this.#aside('log'),
      held: this.#aside('held'),
      imported: this.#imported(),
      relays: this.#aside('relays')[0]?.relays ?? [],
      spare: seed === undefined ? null : new Secret(seed),
    };
    this.#forgetLogs();
    const result = this.#adopted(restored);
    restored.spare?.wipe();
    this.#forgetRows();
    return result;
  }
  #adopted(restored: Restored): Methods['restore.finish']['result'] {
    this.#isFinishing = true;
    try {
      return this.#adopt(restored);
    } catch (cause) {
      // Refused before anything was changed.
      if (cause instanceof KithError && cause.code === 'bad-backup') this.cancel();
      // A refusal is an answer and undoes nothing: half of a home must not stay.
      else if (cause instanceof KithError) throw new Error(`a restore that ends with "${cause.code}"`, { cause });
      throw cause;
    } finally {
      this.#isFinishing = false;
    }
  }
  /** The home is as it was before. */
  cancel(): void {
    const { store } = this.#context;
    for (const { conversation } of this.#aside('log')) {
      // It has begun here meanwhile.
      if (store.get('conversation', conversation) !== undefined) continue;
      for (const table of LOG_TABLES) {
        for (const { key } of store.scan(table, { from: conversation, to: afterPrefix(conversation) }))
          store.delete(table, key);
      }
    }
    this.#forgetLogs();
    this.#forgetRows();
    this.#context.scrub();
  }
  #forgetRows(): void {
    const { store } = this.#context;
    for (const prefix of [ASIDE, LINES]) for (const { key } of this.#rows(prefix)) store.delete('backup', key);
    store.delete('backup', READING);
  }
  #forgetLogs(): void {
    for (const log of this.#logs.values()) log.forget();
    this.#logs.clear();
  }
}

const isSame = (a: BackupHeader, b: BackupHeader): boolean =>
  equalBytes(a.backup, b.backup) && equalBytes(a.salt, b.salt);
