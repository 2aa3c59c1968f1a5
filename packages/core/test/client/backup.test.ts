// The encrypted backup file: what it holds, what it hides, and what happens to it on bad days. Restoring into a new device is
// in restore.test.ts.
import { concat, equalBytes, toHex, utf8 } from '@kith/core/bytes';
import { readBackup, writeBackup } from '@kith/core/client';
import { decode, encode, list, text } from '@kith/core/codec';
import { conversationFromName, type ConversationId } from '@kith/core/identity';
import { LOG_TABLES, openConversationLog, type ConversationLog } from '@kith/core/log';
import { TABLES, type Table } from '@kith/core/ports';
import type { MemoryStore } from '@kith/testkit/memory-store';
import { createNullAgreement } from '@kith/testkit/null-crypto';
import { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import {
  BACKUP_HEADER_BYTES,
  BACKUP_PART_BYTES,
  backupRecordCodec,
  fileKeyOf,
  paddedParts,
  readHeader,
  sealPart,
  type BackupRecord,
} from '../../src/client/backup-format.ts';
import { decodeLocal } from '../../src/client/records.ts';
import { crypto, derive, File, kithOf, PASSPHRASE, recordsOf } from './backup-people.ts';
import { pair, world } from './world.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
const tables = (device: SimDevice, but: readonly Table[] = []) =>
  TABLES.filter((table) => !but.includes(table)).map((table) => device.store.scan(table));

const talked = (texts = 3) => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('profile.set', { name: 'Alice' });
  for (let n = 0; n < texts; n++)
    alice.call('send', { conversation, text: `alice ${n} ${'x'.repeat(n % 3 === 0 ? 60_000 : 10)}` });
  bob.call('send', { conversation, text: 'bob here' });
  const gone = alice.call('send', { conversation, text: 'canary-gone' });
  alice.call('delete', { conversation, event: gone.event });
  here.clock.advance(5_000);
  return { here, alice, bob, conversation };
};
const logIn = (store: MemoryStore, conversation: ConversationId, root: Uint8Array): ConversationLog =>
  openConversationLog({
    store,
    crypto,
    randomness: { bytes: (length) => new Uint8Array(length) },
    conversation,
    kind: 'pair',
    roots: [root],
  });
const idOf = (name: string): ConversationId => conversationFromName(name) as ConversationId;

test('S1.1 a backup holds every log whole: taken in elsewhere, its frontier is equal', async () => {
  const { here, alice, conversation } = talked(100);
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  expect(file.bytes.length).toBeGreaterThan(BACKUP_HEADER_BYTES + BACKUP_PART_BYTES);
  const fresh = here.device('fresh');
  fresh.start();
  const before = tables(fresh, ['backup', ...LOG_TABLES.filter((table) => table !== 'waiting')]);
  const error = await codeOf(readBackup(kithOf(fresh, stopAtFinish), file.read, PASSPHRASE, derive));
  expect(error).toBe('stop');
  const id = idOf(conversation);
  const row = alice.store.get('conversation', id);
  const { root } = decodeLocal(row as Uint8Array);
  const [mine, copy] = [logIn(alice.store as MemoryStore, id, root), logIn(fresh.store as MemoryStore, id, root)];
  expect(toHex(copy.frontier().digest)).toBe(toHex(mine.frontier().digest));
  expect(copy.page({ limit: 500 }).map(({ event, contentState }) => [toHex(event), contentState === 'held'])).toEqual(
    mine.page({ limit: 500 }).map(({ event, contentState }) => [toHex(event), contentState === 'held']),
  );
  // Until it is finished nothing of it shows.
  expect(
    tables(fresh, ['backup', 'entry', 'certificate', 'header', 'content', 'seal', 'order', 'event', 'segment']),
  ).toEqual(before);
  expect(fresh.call('contact.list', {})).toEqual([]);
});
const stopAtFinish = (method: string): void => {
  if (method === 'restore.finish') throw new Error('stop');
};

test('S1.1 no device key, session or private half of an inbox hello is in a backup, and what was deleted is not', async () => {
  const { alice } = talked();
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  const records = await recordsOf(file);
  expect(records[0]?.type).toBe('begin');
  expect(records.at(-1)).toEqual({ type: 'end', records: records.length });
  const plain = Buffer.from(
    JSON.stringify(records, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value)),
  );
  expect(plain.includes(toHex(utf8('bob here')))).toBe(true);
  expect(plain.includes(toHex(utf8('canary-gone')))).toBe(false);
  const ids = alice.store.scan('conversation').map(({ key }) => key as ConversationId);
  const keys = ids.map((id) =>
    logIn(alice.store as MemoryStore, id, id)
      .device()
      ?.key.privateKey.expose()
      .slice(0, 32),
  );
  expect(keys).toHaveLength(2);
  const sessions = alice.store.scan('session').flatMap(({ value }) => windows(value));
  expect(sessions.length).toBeGreaterThan(100);
  for (const secret of [...keys, ...sessions]) {
    expect(secret).toBeDefined();
    if (secret !== undefined) expect(plain.includes(toHex(secret))).toBe(false);
  }
});
/** All pieces of 32 bytes that are random enough to be a key. */
const windows = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: Math.max(0, bytes.length - 31) }, (_, at) => bytes.subarray(at, at + 32)).filter(
    (piece) => new Set(piece).size > 24,
  );

test('class 16 S1.1 the file tells nothing but its padded size: parts of one size, and no word of it', async () => {
  const { alice } = talked();
  const file = new File();
  const { bytes } = await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  expect(bytes).toBe(file.bytes.length);
  expect((file.bytes.length - BACKUP_HEADER_BYTES) % BACKUP_PART_BYTES).toBe(0);
  expect([1, 2, 3, 4, 5, 8, 9, 10, 17, 100, 1_000, 1_001].map(paddedParts)).toEqual([
    1, 2, 3, 4, 5, 8, 10, 10, 18, 104, 1_024, 1_024,
  ]);
  const larger = talked(200);
  const second = new File();
  await writeBackup(kithOf(larger.alice), second, PASSPHRASE, derive);
  const parts = (second.bytes.length - BACKUP_HEADER_BYTES) / BACKUP_PART_BYTES;
  expect(parts).toBe(paddedParts(parts));
  expect((await recordsOf(second)).at(-1)?.type).toBe('end');
});

test('S1.1 writing goes on after a break, wherever it was, and the file is whole', async () => {
  const { here, alice } = talked(150);
  for (const failAt of [1, 2, 3, 4]) {
    const file = new File();
    file.failAt = failAt;
    expect(await codeOf(writeBackup(kithOf(alice), file, PASSPHRASE, derive))).toBe('the plug was pulled');
    if (failAt === 3) {
      alice.crash();
      alice.start();
    }
    const before = file.bytes.slice(0, BACKUP_HEADER_BYTES);
    const done = file.writes;
    await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
    if (failAt > 1) expect(equalBytes(file.bytes.slice(0, BACKUP_HEADER_BYTES), before)).toBe(true);
    const parts = (file.bytes.length - BACKUP_HEADER_BYTES) / BACKUP_PART_BYTES;
    // Nothing that was safe is written again.
    expect(file.writes - done).toBeLessThanOrEqual(parts - (failAt - 2) + (failAt < 3 ? 1 : 0));
    const records = await recordsOf(file);
    expect(records.at(-1)).toEqual({ type: 'end', records: records.length });
    expect(records.filter(({ type }) => type === 'begin')).toHaveLength(1);
  }
  // Only the seed of the spare stays.
  expect(alice.store.scan('backup').map(({ value }) => value.length)).toEqual([32]);
  here.clock.advance(1_000);
});

test('S1.1 an unfinished file of another passphrase, or of another home, is not written on', async () => {
  const { here, alice, bob } = talked(150);
  const file = new File();
  file.failAt = 3;
  await codeOf(writeBackup(kithOf(alice), file, PASSPHRASE, derive));
  expect(await codeOf(writeBackup(kithOf(alice), file, 'another passphrase', derive))).toBe('wrong-passphrase');
  const before = file.bytes.slice(0, BACKUP_HEADER_BYTES);
  await writeBackup(kithOf(bob), file, PASSPHRASE, derive);
  expect(equalBytes(file.bytes.slice(0, BACKUP_HEADER_BYTES), before)).toBe(false);
  expect((await recordsOf(file)).at(-1)?.type).toBe('end');
  expect(await codeOf(writeBackup(kithOf(alice), new File(), 'short', derive))).toBe('bad-passphrase');
  here.clock.advance(1_000);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, string, string]>([
  ['wrong passphrase', (bytes) => bytes, 'not the passphrase', 'wrong-passphrase'],
  ['empty file', () => new Uint8Array(0), PASSPHRASE, 'bad-backup'],
  ['some other file', () => utf8('hello, this is a letter and nothing else'.repeat(20)), PASSPHRASE, 'bad-backup'],
  ['cut in the header', (bytes) => bytes.slice(0, 100), PASSPHRASE, 'bad-backup'],
  ['cut in a part', (bytes) => bytes.slice(0, -1_000), PASSPHRASE, 'bad-backup'],
  ['cut between parts', (bytes) => bytes.slice(0, BACKUP_HEADER_BYTES + BACKUP_PART_BYTES), PASSPHRASE, 'bad-backup'],
  ['changed in its last part', (bytes) => flip(bytes, bytes.length - 5), PASSPHRASE, 'bad-backup'],
  ['changed in its first part', (bytes) => flip(bytes, 3_000), PASSPHRASE, 'bad-backup'],
  ['changed salt', (bytes) => flip(bytes, 40), PASSPHRASE, 'wrong-passphrase'],
  ['newer version', (bytes) => flip(bytes, 12), PASSPHRASE, 'newer-import'],
  ['parts exchanged', (bytes) => exchange(bytes), PASSPHRASE, 'bad-backup'],
  ['a cost that would stop the machine', (bytes) => costly(bytes), PASSPHRASE, 'bad-backup'],
])('S1.1 a backup that is bad (%s) is refused, and the home is what it was', async (_, damage, passphrase, code) => {
  const { here, alice } = talked(80);
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  const fresh = here.device('fresh');
  fresh.start();
  const before = tables(fresh);
  file.bytes = damage(file.bytes);
  expect(await codeOf(readBackup(kithOf(fresh, stopAtFinish), file.read, passphrase, derive))).toBe(code);
  expect(tables(fresh)).toEqual(before);
});
const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 2 : byte));
const exchange = (bytes: Uint8Array): Uint8Array => {
  const at = (i: number) => BACKUP_HEADER_BYTES + i * BACKUP_PART_BYTES;
  const next = bytes.slice();
  next.set(bytes.subarray(at(1), at(2)), at(0));
  next.set(bytes.subarray(at(0), at(1)), at(1));
  return next;
};
const costly = (bytes: Uint8Array): Uint8Array => {
  const next = bytes.slice();
  // The memory, as CBOR has it: 1a and four bytes.
  const at = next.findIndex((byte, i) => byte === 0x1a && next[i + 1] === 0x10 && next[i + 2] === 0);
  next[at + 1] = 0x7f;
  return next;
};

const end = (records: readonly BackupRecord[], count = records.length + 1): BackupRecord[] => [
  ...records,
  { type: 'end', records: count },
];
test.each<[string, (records: readonly BackupRecord[]) => readonly BackupRecord[]]>([
  ['without its beginning', (whole) => end(whole.slice(1))],
  ['with two beginnings', (whole) => end([...whole.slice(0, 1), ...whole])],
  ['that ends twice', (whole) => end(end(whole))],
  ['that goes on after its end', (whole) => [...end(whole), ...whole.filter(({ type }) => type === 'relays')]],
  ['that counts fewer records than it has', (whole) => end(whole, whole.length)],
  ['that counts more records than it has', (whole) => end(whole, whole.length + 2)],
  ['whose own log is a conversation with somebody', (whole) => end(whole.map((one) => selfIsPair(one, whole)))],
  ['that could let nobody in', (whole) => end(whole.filter(({ type }) => type !== 'spare'))],
  ['with a log of which it has not said what it is', (whole) => end(whole.filter(({ type }) => type !== 'log'))],
  [
    'whose logs come before it says what they are',
    (whole) => {
      const isLater = ({ type }: BackupRecord): boolean => type === 'log';
      return end([...whole.filter((one) => !isLater(one)), ...whole.filter(isLater)]);
    },
  ],
])('S1.1 a file of the right key %s is refused, and the home is what it was', async (_, change) => {
  const { here, alice } = talked();
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  const whole = (await recordsOf(file)).filter(({ type }) => type !== 'end');
  const fresh = here.device('fresh');
  fresh.start();
  const before = tables(fresh);
  expect(await codeOf(readBackup(kithOf(fresh), (await sealed(file, change(whole))).read, PASSPHRASE, derive))).toBe(
    'bad-backup',
  );
  expect(tables(fresh)).toEqual(before);
  // The same records in their order are taken: it is the order that was refused.
  expect(await codeOf(readBackup(kithOf(fresh), (await sealed(file, end(whole))).read, PASSPHRASE, derive))).toBe(
    'none',
  );
});
const selfIsPair = (one: BackupRecord, whole: readonly BackupRecord[]): BackupRecord => {
  const other = whole.find((record) => record.type === 'log' && record.kind === 1);
  return one.type === 'begin' && other?.type === 'log' ? { ...one, self: other.conversation } : one;
};
test('S1.1 a file of the right key gives a home no relay that is none', async () => {
  const { here, alice } = talked();
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  const relays = ['javascript:alert(1)', 'https://relay1.test', 'no relay'];
  const records = (await recordsOf(file)).map((one) => (one.type === 'relays' ? { ...one, relays } : one));
  const { clock, network } = here;
  const randomness = here.random.fork('fresh');
  const agreement = createNullAgreement(crypto, randomness.fork('agreement'));
  const fresh = new SimDevice({ name: 'fresh', clock, network, crypto, randomness, agreement, relays: [] });
  fresh.start();
  await readBackup(kithOf(fresh), (await sealed(file, records)).read, PASSPHRASE, derive);
  const kept = fresh.store.get('meta', utf8('relays')) ?? new Uint8Array(0);
  expect(decode(list(text(100), 8), kept)).toEqual(['https://relay1.test']);
});
/** Such a file as only somebody with its key could write. */
const sealed = async (like: File, records: readonly BackupRecord[]): Promise<File> => {
  const read = readHeader(like.bytes);
  if (read.type !== 'header') throw new Error(read.type);
  const key = fileKeyOf(crypto, await derive(utf8(PASSPHRASE), read.header), read.header);
  const encoded = records.map((record) => encode(backupRecordCodec, record));
  const file = new File();
  file.bytes = concat(
    like.bytes.subarray(0, BACKUP_HEADER_BYTES),
    sealPart(crypto, key, 0, encoded, new Uint8Array(24).fill(7)),
  );
  return file;
};

test('S1.1 a full disk in the middle of a restore leaves what was there; the restore goes on where it was', async () => {
  const { here, alice } = talked(150);
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  const fresh = here.device('fresh');
  fresh.start();
  const shown = tables(fresh, [
    'backup',
    'entry',
    'certificate',
    'header',
    'content',
    'seal',
    'order',
    'event',
    'segment',
  ]);
  let parts = 0;
  const filling = (method: string): void => {
    stopAtFinish(method);
    if (method === 'restore.part' && ++parts === 2) (fresh.store as MemoryStore).failNext('full');
  };
  expect(await codeOf(readBackup(kithOf(fresh, filling), file.read, PASSPHRASE, derive))).toBe('disk-full');
  expect(
    tables(fresh, ['backup', 'entry', 'certificate', 'header', 'content', 'seal', 'order', 'event', 'segment']),
  ).toEqual(shown);
  fresh.crash();
  fresh.start();
  const read: number[] = [];
  const watched = (at: number, length: number) => {
    read.push(at);
    return file.read(at, length);
  };
  expect(await codeOf(readBackup(kithOf(fresh, stopAtFinish), watched, PASSPHRASE, derive))).toBe('stop');
  expect(read.slice(0, 2)).toEqual([0, BACKUP_HEADER_BYTES + BACKUP_PART_BYTES]);
  const empty = here.device('empty');
  empty.start();
  const before = tables(fresh).map((rows) => rows.length);
  fresh.call('restore.cancel', {});
  expect(tables(fresh).map((rows) => rows.length)).not.toEqual(before);
  expect(fresh.store.scan('backup')).toEqual([]);
  expect(fresh.store.scan('header').length).toBe(empty.store.scan('header').length);
});

test('S1.1 a home that is in use takes no backup', async () => {
  const { alice, bob } = talked();
  const file = new File();
  await writeBackup(kithOf(alice), file, PASSPHRASE, derive);
  expect(await codeOf(readBackup(kithOf(bob), file.read, PASSPHRASE, derive))).toBe('home-in-use');
});
