import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { concat } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import { openSqlStore, SQL_STORE_VERSION, StoreError, type Store } from '@kith/core/ports';
import { storeContract } from '@kith/testkit/store-contract';
import Database from 'better-sqlite3-multiple-ciphers';
import { describe, expect, test } from 'vitest';
import { cipherForNew, cipherOf, type Cipher } from '../src/cipher.ts';
import { nodeSql, openNodeSql } from '../src/node-sql.ts';
import { filesWith, freshFolder } from './folder.ts';

const keyOf = (byte: number): Secret => new Secret(new Uint8Array(32).fill(byte));
const openAt = (path: string, byte = 7, cipher?: Cipher): Store =>
  openSqlStore(() => openNodeSql(path, keyOf(byte), cipher));
const CIPHERS: readonly Cipher[] = ['aegis-256', 'chacha20'];
const kindOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error.kind;
    throw error;
  }
  return 'none';
};
const key = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const paths = new Map<Store, string>();
const remember = (path: string, cipher?: Cipher): Store => {
  const store = openAt(path, 7, cipher);
  paths.set(store, path);
  return store;
};
for (const cipher of CIPHERS) {
  storeContract(`SQLite on files, ${cipher}`, {
    open: () => remember(join(freshFolder(), 'kith.db'), cipher),
    reopen: (store) => {
      store.close();
      return remember(paths.get(store) as string);
    },
  });
}

/** A database with rows in it, and with some of them in its log only, as a killed process leaves it. */
const killed = (cipher: Cipher): string => {
  const [folder, copy] = [freshFolder(), freshFolder()];
  const store = openAt(join(folder, 'kith.db'), 7, cipher);
  for (let i = 0; i < 20; i++) store.put('meta', key(i), key(i));
  for (const name of readdirSync(folder)) writeFileSync(join(copy, name), readFileSync(join(folder, name)));
  store.close();
  return join(copy, 'kith.db');
};
const bytesIn = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(dirname(path)).map((name) => [name, readFileSync(join(dirname(path), name)).toString('base64')]),
  );

describe('the cipher of a database', () => {
  test('a new one has AEGIS-256 where the processor helps with it', () => {
    const x86 = 'model name\t: some\nflags\t\t: fpu vme de aes xsave\nbugs\t\t: aes of none\n';
    const arm = 'processor\t: 0\nFeatures\t: fp asimd aes';
    expect(cipherForNew(() => x86)).toBe('aegis-256');
    expect(cipherForNew(() => arm)).toBe('aegis-256');
    for (const none of [x86.replace('de aes', 'de vaes aes_x'), arm.replace('asimd aes', 'asimd'), ''])
      expect(
        cipherForNew(() => none),
        none,
      ).toBe('chacha20');
    expect(
      cipherForNew(() => {
        throw new Error('no such file');
      }),
    ).toBe('chacha20');
  });

  test('is told by its file, and by nothing else', () => {
    const path = join(freshFolder(), 'kith.db');
    expect(cipherOf(path)).toBe(undefined);
    openAt(path).close();
    expect(cipherOf(path)).toBe(cipherForNew());
    writeFileSync(path, '');
    expect(cipherOf(path)).toBe(undefined);
  });

  describe.each(CIPHERS)('%s', (cipher) => {
    const other = cipher === 'chacha20' ? 'aegis-256' : 'chacha20';
    test('stays what it was, and what only the log holds is read under it', () => {
      const path = killed(cipher);
      expect(cipherOf(path)).toBe(cipher);
      const store = openAt(path, 7, other);
      expect(store.scan('meta')).toHaveLength(20);
      store.put('meta', key(99), key(99));
      store.close();
      expect(cipherOf(path)).toBe(cipher);
      expect(openAt(path).scan('meta')).toHaveLength(21);
    });

    test('leaves a slot of the journal and a piece of the index a page to themselves', () => {
      const sql = openNodeSql(join(freshFolder(), 'kith.db'), keyOf(7), cipher);
      const store = openSqlStore(() => sql);
      for (let i = 0; i < 40; i++) store.put('content', key(i), new Uint8Array(500));
      const text = (i: number): string => Array.from({ length: 27 }, (_, n) => i * (n + 1) ** 3).join(' ');
      for (let i = 0; i < 500; i++) store.indexText(key(1, i >> 8, i & 255), text(i));
      expect(store.search('25', 9)).not.toEqual([]);
      const pages = (table: string, type: string): unknown =>
        sql.all('SELECT count(*) FROM dbstat WHERE name = ? AND pagetype = ?', [table, type])[0]?.[0];
      for (const table of ['journal', 'search_data']) {
        expect(pages(table, 'leaf'), table).toBeGreaterThan(20);
        expect(pages(table, 'overflow'), table).toBe(0);
      }
      store.close();
    });

    test('another key opens neither file nor log, and leaves every byte of both as it is', () => {
      const path = killed(cipher);
      const before = bytesIn(path);
      expect(Object.keys(before)).toContain('kith.db-wal');
      expect(kindOf(() => openAt(path, 8))).toBe('key');
      expect(bytesIn(path)).toEqual(before);
      expect(openAt(path).scan('meta')).toHaveLength(20);
    });

    test('a file that names the other one does not open, and is left as it is', () => {
      const path = killed(cipher);
      const bytes = readFileSync(path);
      const good = bytes[20] as number;
      bytes[20] = 96 - good;
      writeFileSync(path, bytes);
      expect(cipherOf(path)).toBe(other);
      const before = bytesIn(path);
      expect(kindOf(() => openAt(path))).toBe('key');
      expect(bytesIn(path)).toEqual(before);
      bytes[20] = good;
      writeFileSync(path, bytes);
      expect(openAt(path).scan('meta')).toHaveLength(20);
    });
  });
});

describe.each(CIPHERS)('what is not a database of this home, %s', (cipher) => {
  const made = (): string => {
    const path = join(freshFolder(), 'kith.db');
    const store = openAt(path, 7, cipher);
    store.transaction(() => {
      for (let i = 0; i < 300; i++) store.put('content', key(i >> 8, i & 255), new Uint8Array(500).fill(i));
    });
    store.close();
    return path;
  };

  test('another key does not open it, and does it no harm', () => {
    const path = made();
    const before = readFileSync(path);
    expect(kindOf(() => openAt(path, 8))).toBe('key');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(openAt(path).scan('content')).toHaveLength(300);
  });

  test('garbage, a plain database and a changed page are told from a good one', () => {
    const garbage = join(freshFolder(), 'kith.db');
    writeFileSync(garbage, Buffer.alloc(20_000, 'not a database '));
    expect(kindOf(() => openAt(garbage))).toBe('key');

    const unencrypted = join(freshFolder(), 'kith.db');
    new Database(unencrypted).prepare('CREATE TABLE t (x)').run();
    expect(kindOf(() => openAt(unencrypted))).toBe('key');

    const changed = made();
    const bytes = readFileSync(changed);
    const at = bytes.length - 5_000;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    expect(kindOf(() => openAt(changed).scan('content'))).toBe('key');

    const swapped = made();
    const pages = readFileSync(swapped);
    const last = pages.subarray(pages.length - 8_192);
    writeFileSync(swapped, concat(pages.subarray(0, -8_192), last.subarray(4_096), last.subarray(0, 4_096)));
    expect(kindOf(() => openAt(swapped).scan('content'))).toBe('key');
  });

  test('a file cut short is told from a good one, wherever it is cut', () => {
    const size = statSync(made()).size;
    for (const length of [1, 100, 4_096, 10_000, size - 4_096, size - 1]) {
      const path = made();
      truncateSync(path, length);
      expect(
        kindOf(() => openAt(path).scan('content')),
        `cut to ${length} of ${size}`,
      ).toBe('key');
    }
  });

  test('a newer layout is refused and left as it is', () => {
    const path = made();
    const sql = openNodeSql(path, keyOf(7));
    sql.run(`PRAGMA user_version = ${SQL_STORE_VERSION + 1}`);
    sql.close();
    expect(kindOf(() => openAt(path))).toBe('newer');
    const again = openNodeSql(path, keyOf(7));
    expect(again.all('PRAGMA user_version')).toEqual([[SQL_STORE_VERSION + 1]]);
    expect(again.all('SELECT count(*) FROM content')).toEqual([[300]]);
    again.close();
  });

  test('a database of a build that knew fewer tables gets those it lacks', () => {
    const path = made();
    const sql = openNodeSql(path, keyOf(7));
    sql.run('DROP TABLE setting');
    sql.close();
    const store = openAt(path);
    store.put('setting', key(1), key(1));
    expect(store.scan('content')).toHaveLength(300);
    store.close();
  });

  test('a database of layout 1 gets the index of today, and deleted words are gone from it as well', () => {
    const folder = freshFolder();
    const open = (): { readonly store: Store } => {
      const database = new Database(join(folder, 'kith.db'));
      return { store: openSqlStore(() => nodeSql(database)) };
    };
    const old = open();
    for (let i = 0; i < 200; i++) old.store.indexText(key(i), `number${i} ${i === 7 ? 'ZEPHYRcanaryONE' : 'quick'}`);
    old.store.unindexText(key(8));
    old.store.put('event', key(77), key(1, 2, 3));
    // An event of a conversation, its place, and its header with the Lamport time 0x010203040506.
    const [conversation, event] = [key(...Array<number>(16).fill(5)), key(...Array<number>(32).fill(6))];
    const place = key(...Array<number>(20).fill(0));
    const header = concat(key(1), key(9, 9, 9, 9, 9, 9), key(1, 2, 3, 4, 5, 6), key(7, 7));
    old.store.indexText(concat(conversation, event), 'aardvark');
    old.store.put('event', concat(conversation, event), place);
    old.store.put('header', concat(conversation, place, event), header);
    old.store.close();
    const raw = new Database(join(folder, 'kith.db'));
    raw.exec(`PRAGMA secure_delete = ON;
      INSERT INTO event SELECT k, v FROM late;
      DROP TABLE late;
      DROP TABLE journal;
      DROP TABLE search;
      ALTER TABLE searched DROP COLUMN lead;
      CREATE VIRTUAL TABLE search USING fts5(words, content='searched', content_rowid='n', tokenize='ascii', prefix='1 2');
      INSERT INTO search(search, rank) VALUES ('secure-delete', 1);
      INSERT INTO search(search) VALUES ('rebuild');
      DROP TABLE content;
      CREATE TABLE content (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
      INSERT INTO content VALUES (x'02', zeroblob(1100)), (x'01', x'0102'), (x'03', x'');
      PRAGMA user_version = 1`);
    raw.close();
    const { store } = open();
    expect(store.scan('content')).toEqual([
      { key: key(1), value: key(1, 2) },
      { key: key(2), value: new Uint8Array(1100) },
      { key: key(3), value: key() },
    ]);
    expect(store.search('qui', 999)).toHaveLength(198);
    expect(store.search('number7', 9)).toEqual([79, 78, 77, 76, 75, 74, 73, 72, 71].map((n) => ({ id: key(n) })));
    expect(store.search('zephyrcanaryone', 9)).toEqual([{ id: key(7) }]);
    expect(store.search('number8', 9)).not.toContainEqual({ id: key(8) });
    expect(store.searchLinked('number77', 9, key(), [])).toEqual([{ key: key(77), value: key(1, 2, 3), linked: [] }]);
    expect(store.searchLinked('number78', 9, key(), [])).toEqual([{ key: key(78), value: key(), linked: [] }]);
    const id = concat(conversation, key(1, 2, 3, 4, 5, 6), event);
    expect(store.searchLinked('aardvark', 9, conversation, [])).toEqual([{ key: id, value: place, linked: [] }]);
    store.unindexText(id);
    expect(store.search('aardvark', 9)).toEqual([]);
    store.unindexText(key(7));
    store.scrub();
    expect(filesWith(folder, 'zephyrcanaryone')).toEqual([]);
    store.close();
  });

  test('a second opening of the same file is refused at once, and the first goes on', () => {
    const path = join(freshFolder(), 'kith.db');
    const store = openAt(path);
    expect(kindOf(() => openAt(path))).toBe('busy');
    store.put('meta', key(1), key(1));
    store.close();
    expect(openAt(path).get('meta', key(1))).toEqual(key(1));
  });

  test('a torn write-ahead log loses only what was never committed', () => {
    const folder = freshFolder();
    const store = openAt(join(folder, 'kith.db'));
    for (let i = 0; i < 20; i++) store.put('meta', key(i), key(i));
    const copy = freshFolder();
    for (const name of readdirSync(folder)) writeFileSync(join(copy, name), readFileSync(join(folder, name)));
    store.close();
    appendFileSync(join(copy, 'kith.db-wal'), Buffer.alloc(3_000, 0x55));
    expect(openAt(join(copy, 'kith.db')).scan('meta')).toHaveLength(20);
  });
});

describe('deleted means gone', () => {
  const words = ['ZEPHYRcanaryONE', 'quixoticCANARYtwo', 'ŁódźKanaryŽľuťoučký', 'canary🦜emoji'];
  const text = (word: string, i: number): string => `before ${word} after ${i}`;
  /** The database without encryption, so that a byte that stayed can be seen. */
  const openPlain = (folder: string): { readonly store: Store; readonly database: Database } => {
    const database = new Database(join(folder, 'kith.db'));
    return { store: openSqlStore(() => nodeSql(database)), database };
  };
  const encoder = new TextEncoder();
  const fill = (store: Store): void => {
    for (let i = 0; i < 400; i++) {
      store.transaction(() => {
        const canary = words[i % 10] ?? 'ordinary';
        store.put('content', key(i >> 8, i & 255), encoder.encode(text(canary, i).repeat(1 + (i % 40))));
        store.indexText(key(i >> 8, i & 255), text(canary, i));
      });
    }
  };
  const remove = (store: Store): void =>
    store.transaction(() => {
      for (let i = 0; i < 400; i++) {
        if (words[i % 10] === undefined) continue;
        store.delete('content', key(i >> 8, i & 255));
        store.unindexText(key(i >> 8, i & 255));
      }
    });
  /** As they are, and as the index folds them. */
  const needles = words.flatMap((word) => [word, word.toLowerCase(), 'zluťoučky', 'lodzkanary']);

  test('after a scrub no byte of a deleted text is in rows, index, free pages or log', () => {
    const folder = freshFolder();
    const { store } = openPlain(folder);
    fill(store);
    store.scrub();
    expect(filesWith(folder, 'ZEPHYRcanaryONE')).not.toEqual([]);
    expect(filesWith(folder, 'zephyrcanaryone')).not.toEqual([]);
    remove(store);
    // The log still has the pages as they were; this is what scrub is for.
    store.scrub();
    for (const needle of needles) expect(filesWith(folder, needle), needle).toEqual([]);
    expect(store.search('zephyrcanaryone', 9)).toEqual([]);
    expect(store.search('ordinary', 999)).toHaveLength(240);
    store.close();
    for (const needle of needles) expect(filesWith(folder, needle), needle).toEqual([]);
  });

  test("without the index's own secure-delete the words would stay: the scan above can fail", () => {
    const folder = freshFolder();
    const { store, database } = openPlain(folder);
    database.prepare(`INSERT INTO search(search, rank) VALUES ('secure-delete', 0)`).run();
    fill(store);
    remove(store);
    store.scrub();
    expect(filesWith(folder, 'zephyrcanaryone')).not.toEqual([]);
    store.close();
  });

  test('a replaced text and a replaced value are gone as well', () => {
    const folder = freshFolder();
    const { store } = openPlain(folder);
    fill(store);
    store.transaction(() => {
      for (let i = 0; i < 400; i++) {
        store.put('content', key(i >> 8, i & 255), encoder.encode(`edited ${i}`));
        store.indexText(key(i >> 8, i & 255), `edited ${i}`);
      }
    });
    store.scrub();
    for (const needle of needles) expect(filesWith(folder, needle), needle).toEqual([]);
    store.close();
  });

  test.each(CIPHERS)('encrypted, no text is readable in any file at any time: %s', (cipher) => {
    const folder = freshFolder();
    const store = openAt(join(folder, 'kith.db'), 7, cipher);
    fill(store);
    for (const needle of needles) expect(filesWith(folder, needle), needle).toEqual([]);
    store.close();
    for (const needle of needles) expect(filesWith(folder, needle), needle).toEqual([]);
  });
});
