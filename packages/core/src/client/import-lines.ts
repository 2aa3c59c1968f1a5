// Export files read line by line. A line is bytes until it proved to be UTF-8, text until it proved to be JSON, and nothing
// of it is used before all of its fields are what they should be. Every refusal names the line.
import { concat, utf8ToText } from '../bytes/index.ts';
import {
  IMPORTED_KINDS,
  importedLineCodec,
  MAX_IMPORTED_ID,
  type BatchLine,
  type ImportedLine,
} from '../conversation/index.ts';
import { KithError } from './errors.ts';
import { EXPORT_VERSION } from './export.ts';

/** Longer than any line that Kith writes: the first one, for many thousands of conversations. */
const MAX_LINE_BYTES = 8 * 2 ** 20;
const NEWLINE = 10;
const RETURN = 13;

const wrong = (line: number, why: string): KithError =>
  new KithError('bad-import', { message: `Line ${line} of this file ${why}.` });

/** Lines with their numbers (from 1), empty ones left out. Throws `bad-import` for what is too long or no UTF-8. */
export const readLines = async function* (
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  let number = 1;
  let held: Uint8Array[] = [];
  let length = 0;
  const take = (last: Uint8Array): { readonly number: number; readonly text: string } => {
    let bytes = held.length === 0 ? last : concat(...held, last);
    held = [];
    length = 0;
    if (bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    const text = utf8ToText(bytes);
    if (text === undefined) throw wrong(number, 'is not valid UTF-8');
    // Some editors put a byte order mark before everything.
    return { number, text: number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text };
  };
  for await (const piece of pieces) {
    let at = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, at)) {
      if (length + end - at > MAX_LINE_BYTES) throw wrong(number, 'is too long');
      const line = take(piece.subarray(at, end));
      if (line.text !== '') yield line;
      number++;
      at = end + 1;
    }
    length += piece.length - at;
    if (length > MAX_LINE_BYTES) throw wrong(number, 'is too long');
    if (at < piece.length) held.push(piece.slice(at));
  }
  if (length > 0) yield take(new Uint8Array(0));
};

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (number: number, text: string): Fields => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse has no other way to say no.
    throw wrong(number, 'is cut off or damaged: it is no JSON');
  }
  if (!isFields(value)) throw wrong(number, 'is no JSON object');
  return value;
};

/** Reads fields of one line; an absent field is what an older or edited file may leave out. */
class Reader {
  readonly #fields: Fields;
  readonly #number: number;
  constructor(number: number, fields: Fields) {
    this.#number = number;
    this.#fields = fields;
  }
  fail(field: string): never {
    throw wrong(this.#number, `has no valid "${field}"`);
  }
  #get(field: string): unknown {
    return Object.hasOwn(this.#fields, field) ? (this.#fields[field] ?? null) : null;
  }
  has(field: string): boolean {
    return this.#get(field) !== null;
  }
  text(field: string): string {
    const value = this.#get(field);
    return typeof value === 'string' && value.isWellFormed() ? value : this.fail(field);
  }
  orNull(field: string): string | null {
    return this.has(field) ? this.text(field) : null;
  }
  flag(field: string): boolean {
    const value = this.#get(field) ?? false;
    return typeof value === 'boolean' ? value : this.fail(field);
  }
  id(field: string): string {
    const value = this.text(field);
    return value.length <= MAX_IMPORTED_ID && /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(value) ? value : this.fail(field);
  }
  /** Milliseconds. */
  time(field: string): number {
    const text = this.text(field);
    const value = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    return value >= 0 && value < 2 ** 48 ? value : this.fail(field);
  }
  fields(field: string): Reader | null {
    const value = this.#get(field);
    if (value === null) return null;
    return isFields(value) ? new Reader(this.#number, value) : this.fail(field);
  }
  list(field: string): readonly Reader[] {
    const value = this.#get(field) ?? [];
    if (!Array.isArray(value)) return this.fail(field);
    return value.map((each: unknown) => (isFields(each) ? new Reader(this.#number, each) : this.fail(field)));
  }
  count(field: string): number {
    const value = this.#get(field);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : this.fail(field);
  }
}

/** Names of conversations by their ids. Throws `bad-import`, or `newer-import` for a version this build does not know. */
const readHeader = (number: number, text: string): ReadonlyMap<string, string> => {
  const fields = parse(number, text);
  if (fields['kith'] !== 'export')
    throw new KithError('bad-import', { message: 'This file is not an export of Kith.' });
  const reader = new Reader(number, fields);
  if (reader.count('version') > EXPORT_VERSION) throw new KithError('newer-import');
  return new Map(reader.list('conversations').map((one) => [one.id('conversation'), one.orNull('name') ?? '']));
};

const readLine = (reader: Reader): ImportedLine => {
  const kind = IMPORTED_KINDS.findIndex((one) => one === reader.text('kind'));
  if (kind === -1) reader.fail('kind');
  const text = reader.orNull('text');
  const sentAt = reader.time('sentAt');
  const reply = reader.fields('reply');
  const line: ImportedLine = {
    event: reader.id('event'),
    author: reader.has('author') ? reader.id('author') : '',
    authorName: reader.orNull('authorName') ?? '',
    mine: reader.flag('mine'),
    kind,
    text,
    sentAt,
    receivedAt: reader.has('receivedAt') ? reader.time('receivedAt') : sentAt,
    edited: reader.flag('edited'),
    deleted: reader.flag('deleted'),
    reply: reply && {
      event: reply.id('event'),
      authorName: reply.orNull('authorName') ?? '',
      text: reply.orNull('text'),
    },
    reactions: reader
      .list('reactions')
      .map((one) => ({ emoji: one.text('emoji'), count: one.count('count'), mine: one.flag('mine') })),
    target: reader.has('target') ? reader.id('target') : null,
    emoji: reader.orNull('emoji'),
    notice: reader.orNull('notice'),
  };
  // The bounds stand in the codec alone.
  return importedLineCodec.in(importedLineCodec.out(line)) ?? reader.fail('text');
};

/** Everything a file says, in its order. Throws a KithError that names the line. */
export const readImport = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<BatchLine> {
  let names: ReadonlyMap<string, string> | undefined;
  const latest = new Map<string, number>();
  for await (const { number, text } of readLines(pieces)) {
    if (names === undefined) {
      names = readHeader(number, text);
      continue;
    }
    const reader = new Reader(number, parse(number, text));
    const source = reader.id('conversation');
    const line = readLine(reader);
    const order = Math.max(latest.get(source) ?? 0, line.sentAt);
    latest.set(source, order);
    const name = names.get(source) ?? (line.mine || line.authorName === '' ? source.slice(0, 8) : line.authorName);
    yield { source, name, order, position: number, line };
  }
  if (names === undefined) throw new KithError('bad-import', { message: 'This file is empty.' });
};
