import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KithError, type Kith, type Parts } from '@kith/core/client';
import { StoreError } from '@kith/core/ports';
import { describe, expect, test } from 'vitest';
import { defaultHome, openHome, openNodeKith, systemRandomness, type NodeKithParts } from '../src/index.ts';
import { freshFolder } from './folder.ts';

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
const started = (): string => {
  const dir = join(freshFolder(), 'home');
  const home = openHome(dir);
  home.store.put('meta', key(1), key(2));
  home.generation.write(1);
  home.close();
  return dir;
};

describe('a home', () => {
  test('is made for its owner only, and found again', () => {
    const dir = started();
    const again = openHome(dir);
    expect(again.store.get('meta', key(1))).toEqual(key(2));
    for (const name of ['kith.db', 'kith.db-wal', 'key', 'generation']) {
      expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    again.close();
  });

  test('has one writer: the second is told at once, and gets it when the first is gone', () => {
    const dir = started();
    const first = openHome(dir);
    const begin = performance.now();
    expect(kindOf(() => openHome(dir))).toBe('busy');
    // Who waits for it does so for 5 s.
    expect(performance.now() - begin).toBeLessThan(4_000);
    first.store.put('meta', key(3), key(3));
    first.close();
    const second = openHome(dir);
    expect(second.store.get('meta', key(3))).toEqual(key(3));
    second.close();
  });

  test('that lost its key, or its database, is not taken for a new one', () => {
    const noKey = started();
    rmSync(join(noKey, 'key'));
    expect(kindOf(() => openHome(noKey))).toBe('key');
    expect(existsSync(join(noKey, 'key'))).toBe(false);

    const noDatabase = started();
    rmSync(join(noDatabase, 'kith.db'));
    expect(kindOf(() => openHome(noDatabase))).toBe('key');

    for (const size of [0, 1, 4_095]) {
      const cut = started();
      truncateSync(join(cut, 'kith.db'), size);
      expect(
        kindOf(() => openHome(cut)),
        `cut to ${size}`,
      ).toBe('key');
    }
  });

  test('with a damaged or newer key file says which', () => {
    for (const text of [
      '',
      'x',
      '{}',
      'null',
      '{"version":1,"wrap":"none","key":"short"}',
      '{"version":1,"wrap":"other","key":""}',
    ]) {
      const dir = started();
      writeFileSync(join(dir, 'key'), text);
      expect(
        kindOf(() => openHome(dir)),
        text,
      ).toBe('key');
    }
    const newer = started();
    writeFileSync(join(newer, 'key'), '{"version":3,"wrap":"none","key":""}');
    expect(kindOf(() => openHome(newer))).toBe('newer');
  });

  test('lets go of the lock when it could not be opened', () => {
    const dir = started();
    const good = readFileSync(join(dir, 'key'));
    writeFileSync(join(dir, 'key'), '{}');
    expect(kindOf(() => openHome(dir))).toBe('key');
    writeFileSync(join(dir, 'key'), good);
    openHome(dir).close();
  });

  test('where no folder can be made says so', () => {
    const file = join(freshFolder(), 'file');
    writeFileSync(file, '');
    expect(kindOf(() => openHome(join(file, 'home')))).toBe('io');
  });
});

describe('the generation counter', () => {
  test('is kept, also when the home moves', () => {
    const dir = started();
    renameSync(dir, `${dir}-moved`);
    const moved = openHome(`${dir}-moved`);
    expect(moved.generation.read()).toBe(1);
    moved.generation.write(41);
    expect(moved.generation.read()).toBe(41);
    moved.close();
  });

  test('reads 0 in a copy of the home, and when it is damaged or was never there', () => {
    const dir = started();
    const copy = join(freshFolder(), 'copy');
    cpSync(dir, copy, { recursive: true });
    const home = openHome(copy);
    expect(home.generation.read()).toBe(0);
    home.generation.write(2);
    expect(home.generation.read()).toBe(2);
    for (const text of ['', '7', '7 x\n', '-1 1\n', '1e3 1\n']) {
      writeFileSync(join(copy, 'generation'), text);
      expect(home.generation.read(), text).toBe(0);
    }
    home.close();
  });
});

describe('openNodeKith', () => {
  const absent = (): never => {
    throw new Error('not asked for in this test');
  };
  const partsWith = (
    startKith: NodeKithParts['startKith'],
  ): { readonly parts: NodeKithParts; readonly closed: () => number } => {
    let closed = 0;
    const transport: Parts['transport'] = {
      allow: absent,
      request: absent,
      listen: absent,
      onEvent: absent,
      close: () => void (closed += 1),
    };
    const unused = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : absent()) }) as Parts['crypto'] &
      Parts['agreement'];
    return {
      parts: { crypto: unused, agreement: unused, transport, ...(startKith === undefined ? {} : { startKith }) },
      closed: () => closed,
    };
  };
  const idle =
    (onStart: (parts: Parts) => void): NodeKithParts['startKith'] =>
    (parts) => {
      onStart(parts);
      const kith: Kith = { call: absent, onChange: () => () => undefined, close: () => Promise.resolve() };
      return Promise.resolve(kith);
    };

  test('hands the engine a working platform, and lets the home go at the end', async () => {
    const dir = join(freshFolder(), 'home');
    const { parts } = partsWith(
      idle((given) => {
        given.store.put('meta', key(1), key(1));
        expect(given.relays).toEqual(['https://kith.example']);
        expect(given.randomness.bytes(70_000).slice(-16)).not.toEqual(new Uint8Array(16));
        expect(Math.abs(given.clock.now() - Date.now())).toBeLessThan(1_000);
      }),
    );
    const options = { home: dir, relays: ['https://kith.example'] };
    const kith = await openNodeKith(options, parts);
    await expect(openNodeKith(options, parts)).rejects.toMatchObject({ code: 'home-busy', exit: 75 });
    await kith.close();
    await (await openNodeKith(options, parts)).close();
  });

  test('tells a failed start in a KithError and keeps nothing open', async () => {
    const dir = join(freshFolder(), 'home');
    const { parts, closed } = partsWith(() => Promise.reject(new KithError('newer-home')));
    await expect(openNodeKith({ home: dir, relays: [] }, parts)).rejects.toMatchObject({ code: 'newer-home' });
    expect(closed()).toBe(1);
    openHome(dir).close();
    writeFileSync(join(dir, 'key'), 'damaged');
    await expect(openNodeKith({ home: dir, relays: [] }, parts)).rejects.toMatchObject({ code: 'damaged-home' });
  });
});

test('paths follow XDG, and a relative one is ignored', () => {
  expect(defaultHome({ XDG_DATA_HOME: '/data' })).toBe('/data/kith/home');
  expect(defaultHome({ XDG_DATA_HOME: 'data' })).toMatch(/\/\.local\/share\/kith\/home$/);
  expect(defaultHome({})).toMatch(/\/\.local\/share\/kith\/home$/);
});

test('randomness does not repeat', () => {
  expect(systemRandomness.bytes(32)).not.toEqual(systemRandomness.bytes(32));
  expect(systemRandomness.bytes(0)).toHaveLength(0);
});
