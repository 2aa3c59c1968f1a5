// A transcript as a file: everything of a conversation that one member could show to somebody else. The first line says what
// it is, then one object a line, as base64url of the bytes that devices hand each other (spec 04, "Seals and objects").
import { KithError, transcriptCodec, type Kith } from '@kith/core/client';
import { decode, encode } from '@kith/core/codec';
import { logObjectCodec, type LogObject } from '@kith/core/log';
import { readFile, writeFile } from 'node:fs/promises';

const VERSION = 1;
/** A line holds one object; the largest is an event with the longest content. */
const MAX_LINE = 200_000;

export const fetchTranscript = async (kith: Kith, conversation: string): Promise<readonly LogObject[]> => {
  const objects: LogObject[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await kith.call('transcript', { conversation, ...(cursor === undefined ? {} : { cursor }) });
    const read = decode(transcriptCodec, page.objects);
    if (read === undefined) throw new Error('a page of a transcript does not read');
    objects.push(...read);
    cursor = page.cursor;
  }
  return objects;
};

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown');

/** Readable by this user only. An existing file is left alone. */
export const writeTranscript = async (
  file: string,
  conversation: string,
  objects: readonly LogObject[],
): Promise<void> => {
  const head = JSON.stringify({ kith: 'transcript', version: VERSION, conversation });
  const lines = objects.map((object) =>
    JSON.stringify({ object: Buffer.from(encode(logObjectCodec, object)).toString('base64url') }),
  );
  try {
    await writeFile(file, `${[head, ...lines].join('\n')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST')
      throw new KithError('bad-option', { message: `${file} is there already.`, hint: 'Name another file.' });
    throw new KithError('bad-option', { message: `${file} cannot be written (${codeOf(cause)}).` });
  }
};

const parseLine = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (line.length > MAX_LINE) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: the caller says which line.
    return undefined;
  }
};

export const readTranscript = async (file: string): Promise<readonly LogObject[]> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new KithError('bad-option', { message: `${file} cannot be read (${codeOf(cause)}).` });
  }
  const [first = '', ...rest] = text.split('\n');
  const head = parseLine(first);
  if (head?.['kith'] !== 'transcript' || head['version'] !== VERSION)
    throw new KithError('bad-option', { message: `${file} is no transcript of this version of Kith.` });
  return rest.flatMap((line, i): LogObject[] => {
    if (line === '') return [];
    const raw = parseLine(line)?.['object'];
    const object =
      typeof raw === 'string' ? decode(logObjectCodec, new Uint8Array(Buffer.from(raw, 'base64url'))) : undefined;
    if (object === undefined) throw new KithError('bad-option', { message: `Line ${i + 2} of ${file} does not read.` });
    return [object];
  });
};
