// The files of a home that are no database: its key, what guards it, and how often it was opened.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeGuard } from '@kith/core/client';
import { StoreError } from '@kith/core/ports';
import type { Targets } from '@kith/testkit/fuzz/guided';
import { holdHome } from '../src/home.ts';
import { readGuard, readKey } from '../src/home-key.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const targets: Targets = async (_, atEnd) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-home-fuzz-'));
  const held = holdHome(join(folder, 'home'));
  atEnd(() => {
    held.release();
    rmSync(folder, { recursive: true, force: true });
  });
  const [key, guard, generation] = [join(folder, 'key'), join(folder, 'guard'), join(folder, 'home', 'generation')];
  return [
    {
      name: 'the key file of a home',
      seeds: [
        { version: 1, wrap: 'none', key: 'A'.repeat(43) },
        { version: 2, wrap: 'passphrase', record: 'AAAA' },
      ].map((file) => utf8(JSON.stringify(file))),
      words: ['null', '"version":3', '"key":', '"wrap":"none"', '{"toString":1}'].map(utf8),
      slowMs: 200,
      run: (data) => {
        writeFileSync(key, data);
        try {
          return readKey(key);
        } catch (error) {
          if (error instanceof StoreError && ['key', 'newer'].includes(error.kind)) return undefined;
          throw error;
        }
      },
    },
    {
      name: 'the guard and the counter of a home',
      seeds: [utf8('AAAA\n'), utf8('12 345\n')],
      slowMs: 200,
      run: (data) => {
        writeFileSync(guard, data);
        writeFileSync(generation, data);
        const count = held.generation.read();
        if (!Number.isSafeInteger(count)) throw new Error(`it was opened ${count} times`);
        return decodeGuard(readGuard(guard));
      },
    },
  ];
};
