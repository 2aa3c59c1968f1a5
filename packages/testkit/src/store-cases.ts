// What every store has to keep, whatever is under it, as cases that need no test runner: stores of browsers live in workers.
import { compareBytes, concat, uint32, utf8 } from '@kith/core/bytes';
import { TABLES, type Link, type Store } from '@kith/core/ports';
import { checkEqual, checkThrows } from './check.ts';

export interface StoreHarness {
  /** A fresh, empty store. */
  open(): Store | Promise<Store>;
  /** Closes the store and opens what it left behind. */
  reopen(store: Store): Store | Promise<Store>;
}
export interface StoreCase {
  readonly name: string;
  run(harness: StoreHarness): Promise<void>;
}

/** Closes whatever the case opened. */
export const runStoreCase = async (storeCase: StoreCase, harness: StoreHarness): Promise<void> => {
  const opened: Store[] = [];
  const keep = (store: Store): Store => {
    opened.push(store);
    return store;
  };
  try {
    await storeCase.run({
      open: async () => keep(await harness.open()),
      reopen: async (store) => keep(await harness.reopen(store)),
    });
  } finally {
    for (const store of opened) store.close();
  }
};

const key = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const value = (text: string): Uint8Array => utf8(text);

export const STORE_CASES: readonly StoreCase[] = [
  {
    name: 'what is put is got, byte for byte, and a delete forgets it',
    run: async ({ open }) => {
      const store = await open();
      checkEqual(store.get('meta', key(1)), undefined);
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      store.put('meta', bytes, bytes);
      store.put('meta', key(), key());
      checkEqual(store.get('meta', bytes), bytes);
      checkEqual(store.get('meta', key()), key());
      checkEqual(store.get('order', bytes), undefined);
      store.put('meta', bytes, value('later'));
      checkEqual(store.get('meta', bytes), value('later'));
      store.delete('meta', bytes);
      store.delete('meta', bytes);
      checkEqual(store.get('meta', bytes), undefined);
      checkEqual(store.get('meta', key()), key());
    },
  },
  {
    name: 'large values and keys come back whole',
    run: async ({ open }) => {
      const store = await open();
      const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
      const longKey = Uint8Array.from({ length: 9_000 }, (_, i) => (i * 3) & 255);
      store.put('content', longKey, large);
      checkEqual(store.get('content', longKey), large);
      checkEqual(store.scan('content'), [{ key: longKey, value: large }]);
    },
  },
  {
    name: 'rows under hashes, more than are carried over at once: read, ranged, replaced, deleted, undone, and there after a restart',
    run: async ({ open, reopen }) => {
      const store = await open();
      const keyOf = (i: number): Uint8Array => uint32(Math.imul(i, 0x9e3779b1) >>> 0);
      const all = 9000;
      const put = (from: number, to: number): void => {
        for (let i = from; i < to; i++) store.put('event', keyOf(i), uint32(i));
      };
      for (let i = 0; i < all; i += 300) store.transaction(() => put(i, i + 300));
      const check = (of: Store): void => {
        checkEqual(of.get('event', keyOf(3)), value('replaced'));
        checkEqual(of.get('event', keyOf(all - 1)), value('again'));
        for (const i of [4, all - 2, all, all + 7]) checkEqual(of.get('event', keyOf(i)), undefined);
        const rows = of.scan('event');
        const expected = Array.from({ length: all }, (_, i) => keyOf(i))
          .filter((_, i) => i !== 4 && i !== all - 2)
          .toSorted(compareBytes);
        checkEqual(
          rows.map((row) => row.key),
          expected,
        );
        const [from, to] = [key(100), key(160)];
        const within = expected.filter((one) => compareBytes(one, from) >= 0 && compareBytes(one, to) < 0);
        const reversed = of.scan('event', { from, to, reverse: true, limit: 40 });
        checkEqual(
          reversed.map((row) => row.key),
          within.toReversed().slice(0, 40),
        );
      };
      store.transaction(() => {
        store.put('event', keyOf(3), value('replaced'));
        store.put('event', keyOf(all - 1), value('between'));
        checkEqual(store.get('event', keyOf(all - 1)), value('between'));
        checkEqual(store.scan('event').length, all);
        store.put('event', keyOf(all - 1), value('again'));
        store.delete('event', keyOf(4));
        store.delete('event', keyOf(all - 2));
      });
      store.put('event', keyOf(all + 7), value('alone'));
      store.delete('event', keyOf(all + 7));
      check(store);
      checkThrows(() =>
        store.transaction(() => {
          put(all, all + 5000);
          store.delete('event', keyOf(5));
          checkEqual(store.get('event', keyOf(all + 1)), uint32(all + 1));
          throw new Error('undone');
        }),
      );
      check(store);
      check(await reopen(store));
    },
  },
  {
    name: 'neither side sees the other change bytes afterwards',
    run: async ({ open }) => {
      const store = await open();
      const given = value('mine');
      const place = key(5);
      store.put('meta', place, given);
      given.fill(0);
      place.fill(0);
      const got = store.get('meta', key(5));
      checkEqual(got, value('mine'));
      got?.fill(0);
      for (const row of store.scan('meta')) row.value.fill(0);
      checkEqual(store.get('meta', key(5)), value('mine'));
    },
  },
  {
    name: 'a scan is in the order of the bytes, half open, both ways, limited',
    run: async ({ open }) => {
      const store = await open();
      const keys = [
        key(),
        key(0),
        key(0, 0),
        key(0, 255),
        key(1),
        key(127),
        key(128),
        key(128, 0),
        key(255),
        key(255, 255),
      ];
      for (const each of keys.toReversed()) store.put('header', each, concat(each, key(9)));
      const scanned = (range?: Parameters<Store['scan']>[1]): readonly Uint8Array[] =>
        store.scan('header', range).map((row) => {
          checkEqual(row.value, concat(row.key, key(9)));
          return row.key;
        });
      checkEqual(scanned(), keys);
      checkEqual(scanned({ reverse: true }), keys.toReversed());
      checkEqual(scanned({ from: key(0, 0), to: key(128) }), [key(0, 0), key(0, 255), key(1), key(127)]);
      checkEqual(scanned({ from: key(0, 1), to: key(0, 254) }), []);
      checkEqual(scanned({ from: key(2), to: key(1) }), []);
      checkEqual(scanned({ to: key(1), limit: 2 }), [key(), key(0)]);
      checkEqual(scanned({ to: key(1), limit: 2, reverse: true }), [key(0, 255), key(0, 0)]);
      checkEqual(scanned({ from: key(255), reverse: true }), [key(255, 255), key(255)]);
      checkEqual(scanned({ limit: 0 }), []);
    },
  },
  {
    name: 'a linked scan brings along what the rows lead to, and nothing where nothing is',
    run: async ({ open }) => {
      const store = await open();
      const links: readonly Link[] = [
        { table: 'event', key: [{ of: 'key' }] },
        { table: 'header', key: [{ of: 'key', to: 1 }, { of: 0 }, { of: 'value', from: 1, to: 3 }] },
        { table: 'content', key: [{ of: 1, from: 1 }] },
        { table: 'reaction', key: [{ of: 'key' }, { of: 0 }], begins: true },
        { table: 'tombstone', key: [{ of: 4 }] },
      ];
      store.put('message', key(7, 0, 1), key(9, 0, 255, 9));
      store.put('message', key(7, 0, 2), key());
      store.put('message', key(8), key(1));
      store.put('message', key(9), key(1));
      store.put('event', key(7, 0, 1), key(0, 195, 0));
      store.put('header', key(7, 0, 195, 0, 0, 255), key(1, 0, 0));
      store.put('content', key(0, 0), value('found'));
      store.put('reaction', key(7, 0, 1, 0, 195, 0, 0), key(1));
      store.put('reaction', key(8, 5, 255), key(1));
      store.put('event', key(8), key(5));
      store.put('event', key(7, 0, 2), key());
      store.put('reaction', key(7, 0, 2), key(1));
      const none = undefined;
      const first = [key(0, 195, 0), key(1, 0, 0), value('found'), key(), none];
      const second = [key(), none, none, key(), none];
      const third = [key(5), none, none, key(), none];
      const all = [
        { key: key(7, 0, 1), value: key(9, 0, 255, 9), linked: first },
        { key: key(7, 0, 2), value: key(), linked: second },
        { key: key(8), value: key(1), linked: third },
        { key: key(9), value: key(1), linked: [none, none, none, none, none] },
      ];
      checkEqual(store.scanLinked('message', {}, links), all);
      checkEqual(store.scanLinked('message', { reverse: true }, links), all.toReversed());
      checkEqual(store.scanLinked('message', { from: key(7, 0, 2), to: key(9), limit: 1 }, links), [all[1]]);
      checkEqual(store.scanLinked('message', { from: key(8), reverse: true, limit: 1 }, links), [all[3]]);
      checkEqual(store.scanLinked('message', { to: key(7, 0, 2) }, []), [
        { key: key(7, 0, 1), value: key(9, 0, 255, 9), linked: [] },
      ]);
      store.delete('reaction', key(7, 0, 1, 0, 195, 0, 0));
      checkEqual(store.scanLinked('message', { to: key(7, 0, 2) }, links)[0]?.linked[3], none);
      for (const [i, each] of ['one fox', 'two foxes', 'a fox again'].entries()) store.indexText(key(7, 0, i), each);
      store.indexText(key(8), 'the last fox', key(0, 195, 0));
      const hits = store.searchLinked('fox', 9, key(), links);
      checkEqual(hits, [
        { key: key(8), value: key(0, 195, 0), linked: third },
        { key: key(7, 0, 2), value: key(), linked: second },
        { key: key(7, 0, 1), value: key(), linked: [key(0, 195, 0), none, none, none, none] },
        { key: key(7, 0, 0), value: key(), linked: [none, none, none, none, none] },
      ]);
      checkEqual(store.searchLinked('fox', 1, key(7), links), [hits[1]]);
      checkEqual(store.searchLinked('fox', 9, key(7, 0), links), hits.slice(1));
      checkEqual(store.searchLinked('fox', 9, key(9), links), []);
      checkEqual(store.searchLinked('?', 9, key(), links), []);
    },
  },
  {
    name: 'a transaction finds what it wrote itself, however much that is, and what it gave may be used again',
    run: async ({ open }) => {
      const store = await open();
      store.put('header', key(0, 0), value('before'));
      store.indexText(key(3), 'early fox');
      const count = 3000;
      store.transaction(() => {
        const given = value('x'.repeat(300));
        for (let i = count - 1; i >= 0; i--) {
          const row = key(1, i >> 8, i & 255);
          store.put('header', row, given);
          store.put('session', key(1), row);
          row.fill(9);
        }
        given.fill(0);
        checkEqual(store.get('header', key(1, 0, 7)), value('x'.repeat(300)));
        checkEqual(store.get('session', key(1)), key(1, 0, 0));
        store.get('session', key(1))?.fill(7);
        checkEqual(store.get('session', key(1)), key(1, 0, 0));
        store.delete('header', key(0, 0));
        checkEqual(store.get('header', key(0, 0)), undefined);
        store.put('header', key(0, 1), value('again'));
        store.delete('header', key(1, 0, 8));
        checkEqual(store.scan('header', { limit: 2 }), [
          { key: key(0, 1), value: value('again') },
          { key: key(1, 0, 0), value: value('x'.repeat(300)) },
        ]);
        store.put('header', key(1, 0, 8), value('back'));
        // An odd number of bytes is another key than that with a zero behind.
        store.put('header', key(5), value('odd'));
        store.put('header', key(5, 0), value('even'));
        checkEqual(store.get('header', key(5)), value('odd'));
        for (let i = 0; i < 100; i++) store.indexText(key(4, i), `fox number${i}`);
        store.indexText(key(4, 7), 'hare');
        store.indexText(key(3), 'late fox');
        checkEqual(store.search('fox', 1), [{ id: key(3) }]);
        checkEqual(store.search('early', 9), []);
        store.indexText(key(4, 8), 'hare');
        store.unindexText(key(4, 9));
      });
      checkEqual(store.scan('header', { from: key(1) }).length, count + 2);
      checkEqual(store.get('header', key(1, 0, 8)), value('back'));
      checkEqual(store.scan('header', { from: key(5) }), [
        { key: key(5), value: value('odd') },
        { key: key(5, 0), value: value('even') },
      ]);
      checkEqual(store.search('hare', 9), [{ id: key(4, 8) }, { id: key(4, 7) }]);
      checkEqual(store.search('fox', 999).length, 98);
      checkEqual(store.search('number9', 9).length, 9);
    },
  },
  {
    name: 'a transaction is all or nothing, for records and for texts',
    run: async ({ open }) => {
      const store = await open();
      store.put('meta', key(1), value('old'));
      store.put('meta', key(2), value('stays'));
      store.indexText(key(1), 'apple');
      const stop = new Error('stop');
      checkThrows(
        () =>
          store.transaction(() => {
            store.put('meta', key(1), value('new'));
            store.put('meta', key(1), value('newer'));
            store.delete('meta', key(2));
            store.put('meta', key(3), value('made'));
            store.indexText(key(1), 'banana');
            store.indexText(key(2), 'cherry');
            store.unindexText(key(1));
            checkEqual(store.get('meta', key(1)), value('newer'));
            checkEqual(store.scan('meta').length, 2);
            throw stop;
          }),
        stop,
      );
      checkEqual(store.scan('meta'), [
        { key: key(1), value: value('old') },
        { key: key(2), value: value('stays') },
      ]);
      checkEqual(store.search('apple', 9), [{ id: key(1) }]);
      checkEqual(store.search('banana', 9), []);
      checkEqual(store.search('cherry', 9), []);
      checkEqual(
        store.transaction(() => 42),
        42,
      );
    },
  },
  {
    name: 'transactions do not nest, and the outer one goes on',
    run: async ({ open }) => {
      const store = await open();
      store.transaction(() => {
        store.put('meta', key(1), value('outer'));
        checkThrows(() => store.transaction(() => undefined), /nest/);
        store.put('meta', key(2), value('outer too'));
      });
      checkEqual(store.scan('meta').length, 2);
    },
  },
  {
    name: 'what was committed is there after reopening, in every table',
    run: async ({ open, reopen }) => {
      const store = await open();
      store.transaction(() => {
        for (const [i, table] of TABLES.entries()) store.put(table, key(i), value(table));
        store.indexText(key(7), 'lasting words');
      });
      const again = await reopen(store);
      for (const [i, table] of TABLES.entries()) {
        checkEqual(again.scan(table), [{ key: key(i), value: value(table) }]);
      }
      checkEqual(again.search('lasting', 9), [{ id: key(7) }]);
    },
  },
  {
    name: 'a closed store refuses to work',
    run: async ({ open }) => {
      const store = await open();
      store.close();
      store.close();
      checkThrows(() => store.get('meta', key(1)));
      checkThrows(() => store.put('meta', key(1), key(1)));
    },
  },
  {
    name: 'search: newest first, all words, as beginnings, in any order',
    run: async ({ open }) => {
      const store = await open();
      store.indexText(key(1), 'The quick brown fox');
      store.indexText(key(2), 'a quick reply');
      store.indexText(key(3), 'Quickly now!');
      const ids = (query: string, limit = 9): readonly number[] =>
        store.search(query, limit).map(({ id }) => id[0] ?? -1);
      checkEqual(ids('quick'), [3, 2, 1]);
      checkEqual(ids('QUI'), [3, 2, 1]);
      checkEqual(ids('quick', 2), [3, 2]);
      checkEqual(ids('fox quick'), [1]);
      checkEqual(ids('fox reply'), []);
      checkEqual(ids('uick'), []);
      checkEqual(ids(''), []);
      checkEqual(ids('  ?! '), []);
      store.indexText(key(1), 'something else');
      checkEqual(ids('quick'), [3, 2]);
      checkEqual(ids('else'), [1]);
      store.unindexText(key(3));
      store.unindexText(key(99));
      checkEqual(ids('quick'), [2]);
    },
  },
  {
    name: 'search: accents, case and vowel points do not matter; scripts without spaces and emoji are found',
    run: async ({ open }) => {
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
        ['deja', 0],
        ['DÉJÀ', 0],
        ['łódź', 0],
        ['strasse', 0],
        ['STRASSE', 0],
        ['οδος', 1],
        ['οδοσ', 1],
        ['οχι', 1],
        ['مرحبا', 2],
        ['שלום', 3],
        ['東京', 4],
        ['京タワー', 4],
        ['行きました', 4],
        ['한국', 5],
        ['메시', 5],
        ['ชาวโลก', 6],
        ['สวัสดี', 6],
        ['🎉', 7],
        ['🥳', 7],
        ['👍', 7],
        ['👍🏻', 7],
        ['नमस्ते', 8],
        ['👩‍👩‍👧', 9],
        ['example', 10],
        ['name.txt', 10],
      ] as const) {
        checkEqual(found(query), [expected], query);
      }
      checkEqual(found('京東'), []);
      checkEqual(found('🥳🎉'), []);
    },
  },
  {
    name: 'search: no query reaches the database as syntax',
    run: async ({ open }) => {
      const store = await open();
      store.indexText(key(1), 'NEAR AND OR NOT col "quoted" a*b (c) ^d -e +f {g}:h');
      const hostile = [
        '"',
        '""',
        '"""',
        "'",
        "'; DROP TABLE meta; --",
        '*',
        'a*',
        '^a',
        'a AND',
        'OR',
        'NOT',
        'NEAR(a b)',
        '(',
        ')',
        '{a}:',
        'text:a',
        '-a',
        '+',
        'a + b',
        '\\',
        '\u0000',
        'a\u0000b',
        '%',
        '_',
        '\ud800',
        '\udc00a',
        '\u{1f3fd}',
        '\u200d',
        '\u0301',
        'x'.repeat(70_000),
        'a '.repeat(5_000),
        '字'.repeat(5_000),
        '🎉'.repeat(5_000),
      ];
      for (const query of hostile) store.search(query, 5);
      for (const text of hostile) store.indexText(key(2), text);
      checkEqual(store.search('AND OR NOT', 5), [{ id: key(1) }]);
      checkEqual(store.search('quoted near', 5), [{ id: key(1) }]);
    },
  },
  {
    name: 'scrubbing changes nothing that can be seen',
    run: async ({ open }) => {
      const store = await open();
      store.put('content', key(1), value('kept'));
      store.put('content', key(2), value('gone'));
      store.indexText(key(1), 'kept');
      store.indexText(key(2), 'gone');
      store.delete('content', key(2));
      store.unindexText(key(2));
      store.scrub();
      checkEqual(store.scan('content'), [{ key: key(1), value: value('kept') }]);
      checkEqual(store.search('kept', 5), [{ id: key(1) }]);
      checkEqual(store.search('gone', 5), []);
      checkThrows(() => store.transaction(() => store.scrub()), /transaction/);
    },
  },
];
