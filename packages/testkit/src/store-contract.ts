// What every store has to keep, whatever is under it. Run by the memory store, by SQLite in Node and by SQLite in a browser.
import { concat, equalBytes, utf8 } from '@kith/core/bytes';
import type { Store } from '@kith/core/ports';
import { afterEach, describe, expect, test } from 'vitest';

export interface StoreHarness {
  /** A fresh, empty store. */
  open(): Store | Promise<Store>;
  /** Closes the store and opens what it left behind. */
  reopen(store: Store): Store | Promise<Store>;
}

const key = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const value = (text: string): Uint8Array => utf8(text);

export const storeContract = (name: string, harness: StoreHarness): void => {
  describe(`store contract: ${name}`, () => {
    const opened: Store[] = [];
    const open = async (): Promise<Store> => {
      const store = await harness.open();
      opened.push(store);
      return store;
    };
    const reopen = async (store: Store): Promise<Store> => {
      const next = await harness.reopen(store);
      opened.push(next);
      return next;
    };
    afterEach(() => {
      for (const store of opened.splice(0)) store.close();
    });

    test('what is put is got, byte for byte, and a delete forgets it', async () => {
      const store = await open();
      expect(store.get('meta', key(1))).toBeUndefined();
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      store.put('meta', bytes, bytes);
      store.put('meta', key(), key());
      expect(store.get('meta', bytes)).toEqual(bytes);
      expect(store.get('meta', key())).toEqual(key());
      expect(store.get('order', bytes)).toBeUndefined();
      store.put('meta', bytes, value('later'));
      expect(store.get('meta', bytes)).toEqual(value('later'));
      store.delete('meta', bytes);
      store.delete('meta', bytes);
      expect(store.get('meta', bytes)).toBeUndefined();
      expect(store.get('meta', key())).toEqual(key());
    });

    test('large values and keys come back whole', async () => {
      const store = await open();
      const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
      const longKey = Uint8Array.from({ length: 9_000 }, (_, i) => (i * 3) & 255);
      store.put('content', longKey, large);
      // Not `toEqual`: it takes a second for so many bytes.
      const rows = store.scan('content');
      expect(rows).toHaveLength(1);
      expect(equalBytes(store.get('content', longKey) ?? key(), large)).toBe(true);
      expect(equalBytes(rows[0]?.key ?? key(), longKey) && equalBytes(rows[0]?.value ?? key(), large)).toBe(true);
    });

    test('neither side sees the other change bytes afterwards', async () => {
      const store = await open();
      const given = value('mine');
      const place = key(5);
      store.put('meta', place, given);
      given.fill(0);
      place.fill(0);
      const got = store.get('meta', key(5));
      expect(got).toEqual(value('mine'));
      got?.fill(0);
      for (const row of store.scan('meta')) row.value.fill(0);
      expect(store.get('meta', key(5))).toEqual(value('mine'));
    });

    test('a scan is in the order of the bytes, half open, both ways, limited', async () => {
      const store = await open();
      const keys = [key(), key(0), key(0, 0), key(0, 255), key(1), key(127), key(128), key(128, 0), key(255), key(255, 255)];
      for (const each of keys.toReversed()) store.put('header', each, concat(each, key(9)));
      const scanned = (range?: Parameters<Store['scan']>[1]): readonly Uint8Array[] =>
        store.scan('header', range).map((row) => {
          expect(row.value).toEqual(concat(row.key, key(9)));
          return row.key;
        });
      expect(scanned()).toEqual(keys);
      expect(scanned({ reverse: true })).toEqual(keys.toReversed());
      expect(scanned({ from: key(0, 0), to: key(128) })).toEqual([key(0, 0), key(0, 255), key(1), key(127)]);
      expect(scanned({ from: key(0, 1), to: key(0, 254) })).toEqual([]);
      expect(scanned({ from: key(2), to: key(1) })).toEqual([]);
      expect(scanned({ to: key(1), limit: 2 })).toEqual([key(), key(0)]);
      expect(scanned({ to: key(1), limit: 2, reverse: true })).toEqual([key(0, 255), key(0, 0)]);
      expect(scanned({ from: key(255), reverse: true })).toEqual([key(255, 255), key(255)]);
      expect(scanned({ limit: 0 })).toEqual([]);
    });

    test('a transaction is all or nothing, for records and for texts', async () => {
      const store = await open();
      store.put('meta', key(1), value('old'));
      store.put('meta', key(2), value('stays'));
      store.indexText(key(1), 'apple');
      const stop = new Error('stop');
      expect(() =>
        store.transaction(() => {
          store.put('meta', key(1), value('new'));
          store.put('meta', key(1), value('newer'));
          store.delete('meta', key(2));
          store.put('meta', key(3), value('made'));
          store.indexText(key(1), 'banana');
          store.indexText(key(2), 'cherry');
          store.unindexText(key(1));
          expect(store.get('meta', key(1))).toEqual(value('newer'));
          expect(store.scan('meta')).toHaveLength(2);
          throw stop;
        }),
      ).toThrow(stop);
      expect(store.scan('meta')).toEqual([
        { key: key(1), value: value('old') },
        { key: key(2), value: value('stays') },
      ]);
      expect(store.search('apple', 9)).toEqual([{ id: key(1) }]);
      expect(store.search('banana', 9)).toEqual([]);
      expect(store.search('cherry', 9)).toEqual([]);
      expect(store.transaction(() => 42)).toBe(42);
    });

    test('transactions do not nest, and the outer one goes on', async () => {
      const store = await open();
      store.transaction(() => {
        store.put('meta', key(1), value('outer'));
        expect(() => store.transaction(() => undefined)).toThrow(/nest/);
        store.put('meta', key(2), value('outer too'));
      });
      expect(store.scan('meta')).toHaveLength(2);
    });

    test('what was committed is there after reopening, in every table', async () => {
      const { TABLES } = await import('@kith/core/ports');
      const store = await open();
      store.transaction(() => {
        for (const [i, table] of TABLES.entries()) store.put(table, key(i), value(table));
        store.indexText(key(7), 'lasting words');
      });
      const again = await reopen(store);
      for (const [i, table] of TABLES.entries()) {
        expect(again.scan(table)).toEqual([{ key: key(i), value: value(table) }]);
      }
      expect(again.search('lasting', 9)).toEqual([{ id: key(7) }]);
    });

    test('a closed store refuses to work', async () => {
      const store = await open();
      store.close();
      store.close();
      expect(() => store.get('meta', key(1))).toThrow();
      expect(() => store.put('meta', key(1), key(1))).toThrow();
    });

    test('search: newest first, all words, as beginnings, in any order', async () => {
      const store = await open();
      store.indexText(key(1), 'The quick brown fox');
      store.indexText(key(2), 'a quick reply');
      store.indexText(key(3), 'Quickly now!');
      const ids = (query: string, limit = 9): readonly number[] => store.search(query, limit).map(({ id }) => id[0] ?? -1);
      expect(ids('quick')).toEqual([3, 2, 1]);
      expect(ids('QUI')).toEqual([3, 2, 1]);
      expect(ids('quick', 2)).toEqual([3, 2]);
      expect(ids('fox quick')).toEqual([1]);
      expect(ids('fox reply')).toEqual([]);
      expect(ids('uick')).toEqual([]);
      expect(ids('')).toEqual([]);
      expect(ids('  ?! ')).toEqual([]);
      store.indexText(key(1), 'something else');
      expect(ids('quick')).toEqual([3, 2]);
      expect(ids('else')).toEqual([1]);
      store.unindexText(key(3));
      store.unindexText(key(99));
      expect(ids('quick')).toEqual([2]);
    });

    test('search: accents, case and vowel points do not matter; scripts without spaces and emoji are found', async () => {
      const store = await open();
      const texts = [
        'Déjà vu in Łódź, Straße',
        'ΟΔΟΣ και όχι',
        'مرحبًا بالعالم',
        'שָׁלוֹם עולם',
        '今日は東京タワーに行きました',
        '한국어 메시지',
        'สวัสดีชาวโลก',
        'Party 🎉🥳 tonight 👍🏽',
        'नमस्ते दुनिया',
        '👩‍👩‍👧 family',
        'file_name.txt at example.org/path?x=1',
      ];
      for (const [i, text] of texts.entries()) store.indexText(key(i), text);
      const found = (query: string): readonly number[] => store.search(query, 20).map(({ id }) => id[0] ?? -1);
      for (const [query, expected] of [
        ['deja', 0], ['DÉJÀ', 0], ['łódź', 0], ['strasse', 0], ['STRASSE', 0],
        ['οδος', 1], ['οδοσ', 1], ['οχι', 1],
        ['مرحبا', 2], ['שלום', 3],
        ['東京', 4], ['京タワー', 4], ['行きました', 4],
        ['한국', 5], ['메시', 5],
        ['ชาวโลก', 6], ['สวัสดี', 6],
        ['🎉', 7], ['🥳', 7], ['👍', 7], ['👍🏻', 7],
        ['नमस्ते', 8], ['👩‍👩‍👧', 9],
        ['example', 10], ['name.txt', 10],
      ] as const) {
        expect(found(query), query).toEqual([expected]);
      }
      expect(found('京東')).toEqual([]);
      expect(found('🥳🎉')).toEqual([]);
    });

    test('search: no query reaches the database as syntax', async () => {
      const store = await open();
      store.indexText(key(1), 'NEAR AND OR NOT col "quoted" a*b (c) ^d -e +f {g}:h');
      const hostile = [
        '"', '""', '"""', "'", "'; DROP TABLE meta; --", '*', 'a*', '^a', 'a AND', 'OR', 'NOT', 'NEAR(a b)', '(', ')', '{a}:', 'text:a',
        '-a', '+', 'a + b', '\\', '\u0000', 'a\u0000b', '%', '_', '\ud800', '\udc00a', '\u{1f3fd}', '\u200d', '\u0301', 'x'.repeat(70_000),
        'a '.repeat(5_000), '字'.repeat(5_000), '🎉'.repeat(5_000),
      ];
      for (const query of hostile) expect(() => store.search(query, 5), query.slice(0, 40)).not.toThrow();
      for (const text of hostile) store.indexText(key(2), text);
      expect(store.search('AND OR NOT', 5)).toEqual([{ id: key(1) }]);
      expect(store.search('quoted near', 5)).toEqual([{ id: key(1) }]);
    });

    test('scrubbing changes nothing that can be seen', async () => {
      const store = await open();
      store.put('content', key(1), value('kept'));
      store.put('content', key(2), value('gone'));
      store.indexText(key(1), 'kept');
      store.indexText(key(2), 'gone');
      store.delete('content', key(2));
      store.unindexText(key(2));
      store.scrub();
      expect(store.scan('content')).toEqual([{ key: key(1), value: value('kept') }]);
      expect(store.search('kept', 5)).toEqual([{ id: key(1) }]);
      expect(store.search('gone', 5)).toEqual([]);
      expect(() => store.transaction(() => store.scrub())).toThrow(/transaction/);
    });
  });
};
