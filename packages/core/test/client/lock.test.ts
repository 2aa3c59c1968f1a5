// The door in front of the engine, over a place in memory and a clock that is told to move.
import {
  decodeGuard,
  decodeKeyRecord,
  encodeKeyRecord,
  KithError,
  openKeyRecord,
  passphraseBytes,
  startLockable,
  type Change,
  type KeptKey,
  type Kith,
  type LockParts,
  type Method,
  type Methods,
} from '@kith/core/client';
import { equalBytes, fromHex, toHex } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeVectors } from './home-vectors.ts';

const crypto = await createLibsodium();
const CHEAP = { operations: 1, memory: 8192 };
const RIGHT = 'four random words here';
const DURESS = 'another four random words';

/** What outlives the process: key, guard, and by key (hex) what a database under it holds. */
interface Disk {
  kept: KeptKey;
  guard: Uint8Array | undefined;
  readonly texts: Map<string, string[]>;
}
const copyOf = (kept: KeptKey): KeptKey =>
  kept.wrap === 'none' ? { wrap: 'none', key: kept.key.copy() } : { wrap: 'passphrase', record: kept.record.slice() };

const world = () => {
  const randomness = seededRandomness(7);
  const clock = simClock();
  const disk: Disk = {
    kept: { wrap: 'none', key: new Secret(randomness.bytes(32)) },
    guard: undefined,
    texts: new Map(),
  };
  const seen = { opened: 0, closed: 0, derived: 0, keys: [] as Secret[] };
  const fails = { wipe: false, open: false };
  const open: LockParts['open'] = async (key) => {
    if (fails.open) throw new KithError('disk-failed');
    seen.opened++;
    const name = toHex(key.expose());
    const texts = disk.texts.get(name) ?? [];
    disk.texts.set(name, texts);
    const kith: Kith = {
      call: async <M extends Method>(method: M, params: Methods[M]['params']) => {
        const asked = params as { readonly text?: string; readonly key?: string };
        if (method === 'send') texts.push(asked.text ?? '');
        const settings = [{ key: 'lock-after', value: 'off', default: 'off' }];
        return (method === 'log' ? [...texts] : method === 'set' ? settings : {}) as never;
      },
      onChange: () => () => undefined,
      close: async () => void (seen.closed += 1),
    };
    return kith;
  };
  const start = (over: Partial<LockParts> = {}): Promise<Kith> =>
    startLockable({
      clock,
      randomness,
      crypto: async () => crypto,
      cost: CHEAP,
      derive: async (passphrase, { salt, operations, memory }) => {
        seen.derived++;
        const key = crypto.passphraseKey(passphrase, salt, operations, memory);
        seen.keys.push(key);
        return key;
      },
      open,
      place: {
        read: async () => copyOf(disk.kept),
        write: async (kept) => void (disk.kept = copyOf(kept)),
        readGuard: async () => disk.guard,
        writeGuard: async (guard) => void (disk.guard = guard),
        wipe: async () => {
          if (fails.wipe) throw new Error('cut off');
          disk.texts.clear();
        },
      },
      ...over,
    });
  return { disk, clock, seen, fails, start };
};
const send = (kith: Kith, text: string): Promise<unknown> => kith.call('send', { conversation: 'c', text });
const log = (kith: Kith): Promise<unknown> => kith.call('log', { conversation: 'c' });
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof KithError ? error.code : String(error)),
  );
const locked = async () => {
  const one = world();
  const first = await one.start();
  await send(first, 'a secret');
  await first.call('lock.set', { next: RIGHT });
  await first.close();
  return one;
};

describe('a passphrase', () => {
  test('S4.12 locks a home at its next start: every call is `locked`, and nothing is opened, until it is given', async () => {
    const { start, seen } = await locked();
    seen.opened = 0;
    const kith = await start();
    expect(await kith.call('lock.state', {})).toEqual({ passphrase: true, locked: true, waitUntil: null });
    for (const work of [log(kith), send(kith, 'x'), kith.call('status', {}), kith.call('sync', {})])
      expect(await codeOf(work)).toBe('locked');
    expect(seen.opened).toBe(0);
    expect(await codeOf(kith.call('lock.unlock', { passphrase: 'four random words' }))).toBe('wrong-passphrase');
    expect(seen.opened).toBe(0);
    expect(await kith.call('lock.unlock', { passphrase: RIGHT })).toMatchObject({ locked: false });
    expect(await log(kith)).toEqual(['a secret']);
  });

  test('S4.12 "lock now" tells all listeners at once, and closes the engine', async () => {
    const { start, seen } = await locked();
    const kith = await start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    const changes: Change[] = [];
    kith.onChange((change) => changes.push(change));
    expect(await kith.call('lock.now', {})).toMatchObject({ locked: true });
    expect(changes).toEqual([{ type: 'lock', locked: true }]);
    expect(seen.closed).toBe(2);
    expect(await codeOf(log(kith))).toBe('locked');
    await kith.call('lock.unlock', { passphrase: RIGHT });
    expect(changes.slice(1)).toEqual([
      { type: 'lock', locked: false },
      { type: 'events', events: [], cursor: null },
    ]);
  });

  test('is the same however its accents are composed, and is not set when it is short', async () => {
    const { start } = world();
    const kith = await start();
    expect(await codeOf(kith.call('lock.set', { next: 'short' }))).toBe('bad-passphrase');
    expect(await codeOf(kith.call('lock.set', { next: 'x'.repeat(1_025) }))).toBe('bad-passphrase');
    expect(await codeOf(kith.call('lock.now', {}))).toBe('no-passphrase');
    await kith.call('lock.set', { next: 'cafe\u0301 au lait' });
    await kith.close();
    const again = await start();
    expect(await kith.call('lock.unlock', { passphrase: 'x' }).catch(() => 'closed')).toBe('closed');
    expect(await again.call('lock.unlock', { passphrase: 'caf\u00e9 au lait' })).toMatchObject({ locked: false });
  });

  test('is changed and removed only by who knows it; the old one opens nothing then', async () => {
    const { start, disk } = await locked();
    const kith = await start();
    // The passphrase is all it takes: the home stays locked.
    expect(await kith.call('lock.set', { passphrase: RIGHT, next: 'one in between' })).toMatchObject({ locked: true });
    expect(await kith.call('lock.set', { passphrase: 'one in between', next: RIGHT })).toMatchObject({ locked: true });
    await kith.call('lock.unlock', { passphrase: RIGHT });
    expect(await codeOf(kith.call('lock.set', { next: null }))).toBe('wrong-passphrase');
    expect(await codeOf(kith.call('lock.set', { passphrase: 'wrong one!', next: null }))).toBe('wrong-passphrase');
    await kith.call('lock.set', { passphrase: RIGHT, next: 'the newer passphrase' });
    await kith.call('lock.now', {});
    expect(await codeOf(kith.call('lock.unlock', { passphrase: RIGHT }))).toBe('wrong-passphrase');
    await kith.call('lock.unlock', { passphrase: 'the newer passphrase' });
    expect(await log(kith)).toEqual(['a secret']);
    await kith.call('lock.now', {});
    expect(await kith.call('lock.set', { passphrase: 'the newer passphrase', next: null })).toEqual({
      passphrase: false,
      locked: false,
      waitUntil: null,
    });
    expect(disk.kept.wrap).toBe('none');
    await kith.close();
    expect(await log(await start())).toEqual(['a secret']);
  });

  test('leaves no derived key behind', async () => {
    const { start, seen } = await locked();
    const kith = await start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    await kith.call('lock.duress', { passphrase: RIGHT, next: DURESS });
    await codeOf(kith.call('lock.set', { passphrase: 'not the right one', next: null }));
    expect(seen.keys.length).toBeGreaterThan(3);
    for (const key of seen.keys) expect(key.length).toBe(0);
  });
});

describe('wrong passphrases', () => {
  const wrong = (kith: Kith): Promise<string> => codeOf(kith.call('lock.unlock', { passphrase: 'not this one' }));

  test('S4.12 after a few the wait grows, for the right one too; a restart or another clock does not end it', async () => {
    const { start, clock, seen } = await locked();
    let kith = await start();
    for (let i = 0; i < 4; i++) expect(await wrong(kith)).toBe('wrong-passphrase');
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { waitUntil } = await kith.call('lock.state', {});
      const wait = (waitUntil ?? 0) - clock.now();
      waits.push(wait / 1_000);
      const before = seen.derived;
      expect(await codeOf(kith.call('lock.unlock', { passphrase: RIGHT }))).toBe('too-many-tries');
      await kith.close();
      kith = await start();
      clock.advance(wait - 1);
      expect(await codeOf(kith.call('lock.unlock', { passphrase: RIGHT }))).toBe('too-many-tries');
      expect(seen.derived).toBe(before);
      clock.advance(1);
      expect(await wrong(kith)).toBe('wrong-passphrase');
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
    clock.advance(3_600_000);
    expect(await kith.call('lock.unlock', { passphrase: RIGHT })).toMatchObject({ locked: false, waitUntil: null });
  });

  test('a clock set back makes the wait begin again, and never longer than it is', async () => {
    const { start, clock } = await locked();
    const machine = clock.machine();
    const kith = await start({ clock: machine });
    for (let i = 0; i < 4; i++) await wrong(kith);
    machine.shift(-365 * 86_400_000);
    expect((await kith.call('lock.state', {})).waitUntil).toBe(machine.now() + 5_000);
    clock.advance(5_000);
    expect(await kith.call('lock.unlock', { passphrase: RIGHT })).toMatchObject({ locked: false });
  });

  test('S4.12 a try counts although the program is ended in the middle of it', async () => {
    const { start, disk } = await locked();
    const before = disk.guard;
    const kith = await start({ derive: () => new Promise(() => undefined) });
    void kith.call('lock.unlock', { passphrase: 'not this one' }).catch(() => undefined);
    await expect
      .poll(() => disk.guard !== undefined && !equalBytes(disk.guard, before ?? disk.guard.subarray(1)))
      .toBe(true);
    const again = await start();
    for (let i = 0; i < 3; i++) expect(await wrong(again)).toBe('wrong-passphrase');
    expect(await wrong(again)).toBe('too-many-tries');
  });

  test('also count where the passphrase is asked for before it is changed', async () => {
    const { start } = await locked();
    const kith = await start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    for (let i = 0; i < 4; i++)
      expect(await codeOf(kith.call('lock.set', { passphrase: 'not this one', next: null }))).toBe('wrong-passphrase');
    expect(await codeOf(kith.call('lock.duress', { passphrase: RIGHT, next: null }))).toBe('too-many-tries');
  });
});

describe('when nobody is there', () => {
  test('S4.12 the home locks itself after the time that was set; a sign of life begins it again', async () => {
    const { start, clock } = await locked();
    const kith = await start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    expect(await codeOf(kith.call('set', { key: 'lock-after', value: 'soon' }))).toBe('bad-setting');
    expect(await kith.call('set', { key: 'lock-after', value: '5m' })).toEqual([
      { key: 'lock-after', value: '5m', default: 'off' },
    ]);
    clock.advance(299_000);
    await kith.call('lock.touch', {});
    // What screens and programs read by themselves is no sign of life.
    clock.advance(200_000);
    expect(await log(kith)).toEqual(['a secret']);
    clock.advance(99_999);
    expect(await kith.call('lock.state', {})).toMatchObject({ locked: false });
    clock.advance(200);
    await expect.poll(async () => (await kith.call('lock.state', {})).locked).toBe(true);
    // It is remembered, and a machine that slept locks at the first call.
    await kith.call('lock.unlock', { passphrase: RIGHT });
    await kith.close();
    const machine = clock.machine();
    const slept = await start({ clock: machine });
    await slept.call('lock.unlock', { passphrase: RIGHT });
    machine.shift(3_600_000);
    expect(await codeOf(log(slept))).toBe('locked');
  });

  test('without a passphrase it stays open, whatever was set', async () => {
    const { start, clock } = world();
    const kith = await start();
    await kith.call('set', { key: 'lock-after', value: '1m' });
    clock.advance(3_600_000);
    expect(await log(kith)).toEqual([]);
    await kith.call('lock.set', { next: RIGHT });
    clock.advance(61_000);
    await expect.poll(async () => (await kith.call('lock.state', {})).locked).toBe(true);
  });
});

describe('a duress passphrase', () => {
  const withDuress = async () => {
    const one = await locked();
    const kith = await one.start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    await kith.call('lock.duress', { passphrase: RIGHT, next: DURESS });
    await kith.close();
    return one;
  };

  test('U22 opens an empty home and leaves nothing of the other: not its data, not its key', async () => {
    const { start, disk } = await withDuress();
    const before = new Set(disk.texts.keys());
    const kith = await start();
    expect(await kith.call('lock.unlock', { passphrase: DURESS })).toEqual({
      passphrase: true,
      locked: false,
      waitUntil: null,
    });
    expect(await log(kith)).toEqual([]);
    expect([...disk.texts.keys()].some((key) => before.has(key))).toBe(false);
    await send(kith, 'harmless');
    await kith.call('lock.now', {});
    expect(await codeOf(kith.call('lock.unlock', { passphrase: RIGHT }))).toBe('wrong-passphrase');
    // From now on it is a passphrase like any other.
    await kith.call('lock.unlock', { passphrase: DURESS });
    expect(await log(kith)).toEqual(['harmless']);
  });

  test('U22 cut off in the middle, the next try goes on with it, and the real one stays gone', async () => {
    for (const cut of ['wipe', 'open'] as const) {
      const { start, fails, disk } = await withDuress();
      fails[cut] = true;
      expect(await codeOf((await start()).call('lock.unlock', { passphrase: DURESS }))).not.toBe('done');
      fails[cut] = false;
      const kith = await start();
      expect(await codeOf(kith.call('lock.unlock', { passphrase: RIGHT }))).toBe('wrong-passphrase');
      await kith.call('lock.unlock', { passphrase: DURESS });
      expect(await log(kith)).toEqual([]);
      expect([...disk.texts.values()].flat()).toEqual([]);
    }
  });

  test('U22 what is kept does not show whether there is one, nor which slot is which', async () => {
    const places = new Set<string>();
    for (const next of [null, DURESS]) {
      for (let i = 0; i < 24; i++) {
        const { start, disk } = await locked();
        const kith = await start();
        await kith.call('lock.unlock', { passphrase: RIGHT });
        // Every writing of the record moves the slots and exchanges all bytes of both.
        for (let j = 0; j <= i; j++) {
          const before = disk.kept;
          await kith.call('lock.duress', { passphrase: RIGHT, next });
          if (before.wrap !== 'passphrase' || disk.kept.wrap !== 'passphrase') throw new Error('no record');
          const [old, now] = [decodeKeyRecord(before.record), decodeKeyRecord(disk.kept.record)];
          if (old === undefined || now === undefined) throw new Error('not readable');
          expect({ ...now, slots: now.slots.map(({ length }) => length) }).toEqual({
            format: 1,
            salt: old.salt,
            ...CHEAP,
            slots: [110, 110],
          });
          for (const slot of now.slots) expect(old.slots.some((earlier) => equalBytes(earlier, slot))).toBe(false);
          places.add(`${next} ${await slotOf(encodeKeyRecord(now), RIGHT)}`);
        }
      }
      if (places.size >= 4) break;
    }
    expect([...places].toSorted()).toEqual([`${DURESS} 0`, `${DURESS} 1`, 'null 0', 'null 1']);
  });

  test('is taken back, survives a change of the passphrase, is never the same one, and proves nothing else', async () => {
    const { start } = await withDuress();
    const kith = await start();
    await kith.call('lock.unlock', { passphrase: RIGHT });
    expect(await codeOf(kith.call('lock.set', { passphrase: DURESS, next: null }))).toBe('wrong-passphrase');
    expect(await codeOf(kith.call('lock.duress', { passphrase: RIGHT, next: RIGHT }))).toBe('bad-passphrase');
    expect(await codeOf(kith.call('lock.set', { passphrase: RIGHT, next: DURESS }))).toBe('bad-passphrase');
    expect(await log(kith)).toEqual(['a secret']);
    await kith.call('lock.set', { passphrase: RIGHT, next: 'the newer passphrase' });
    await kith.call('lock.now', {});
    const twin = await withDuress();
    const taken = await twin.start();
    await taken.call('lock.unlock', { passphrase: RIGHT });
    await taken.call('lock.duress', { passphrase: RIGHT, next: null });
    await taken.call('lock.now', {});
    expect(await codeOf(taken.call('lock.unlock', { passphrase: DURESS }))).toBe('wrong-passphrase');
    await kith.call('lock.unlock', { passphrase: DURESS });
    expect(await log(kith)).toEqual([]);
  });
});

/** Which slot a passphrase opens, by taking each away in turn. */
const slotOf = async (record: Uint8Array, passphrase: string): Promise<number> => {
  const whole = decodeKeyRecord(record);
  if (whole === undefined) throw new Error('not readable');
  for (const gone of [0, 1]) {
    const slots = whole.slots.map((slot, i) => (i === gone ? new Uint8Array(slot.length) : slot));
    const one = world();
    one.disk.kept = { wrap: 'passphrase', record: encodeKeyRecord({ ...whole, slots }) };
    const kith = await one.start();
    if ((await codeOf(kith.call('lock.unlock', { passphrase }))) === 'wrong-passphrase') return gone;
  }
  return -1;
};

test('a record that would stop the machine, or is damaged, is not tried', () => {
  const slot = new Uint8Array(110);
  const good = { format: 1 as const, salt: new Uint8Array(16), operations: 3, memory: 2 ** 28, slots: [slot, slot] };
  expect(decodeKeyRecord(encodeKeyRecord(good))).toEqual(good);
  expect(decodeKeyRecord(encodeKeyRecord({ ...good, operations: 0 }))).toBeUndefined();
  expect(decodeKeyRecord(encodeKeyRecord({ ...good, memory: 4096 }))).toBeUndefined();
  const huge = encodeKeyRecord(good);
  huge[huge.indexOf(0x1a) + 1] = 0xff;
  expect(decodeKeyRecord(huge)).toBeUndefined();
  expect(decodeKeyRecord(encodeKeyRecord(good).subarray(1))).toBeUndefined();
});

describe('the vectors of a home', () => {
  const file = join(import.meta.dirname, '../../../../spec/vectors/home.json');
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof homeVectors>;

  test('are what the code makes', () => {
    expect(vectors).toEqual(homeVectors(crypto));
  });
  test('hold: what each passphrase opens, and what is refused', () => {
    for (const one of vectors.records) {
      const record = decodeKeyRecord(hex(one.record));
      if (record === undefined) throw new Error('not readable');
      const openedBy = (text: string) => {
        const typed = passphraseBytes(text);
        if (typed === undefined) return undefined;
        const under = crypto.passphraseKey(typed, record.salt, record.operations, record.memory);
        const opened = openKeyRecord(crypto, record, under);
        return opened === undefined ? undefined : { does: opened.does, key: toHex(opened.key.expose()) };
      };
      expect(openedBy(one.passphrase)).toEqual({ does: 'open', key: one.databaseKey });
      if (one.duress !== null) expect(openedBy(one.duress)).toMatchObject({ does: 'begin-anew' });
      for (const text of one.memory > 8192 ? [] : one.refused) expect(openedBy(text), text).toBeUndefined();
    }
    for (const [why, record] of Object.entries(vectors.invalidRecords))
      expect(decodeKeyRecord(hex(record)), why).toBeUndefined();
    for (const { guard, ...said } of vectors.guards) expect(decodeGuard(hex(guard))).toEqual({ format: 1, ...said });
    expect(decodeGuard(hex('00'))).toEqual({ format: 1, wrong: 0, lastAt: 0, lockAfter: 'off' });
  });
});
const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
