import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRelayOptions } from '../src/config.ts';
import { DEFAULT_PORT, WIPE_EVERY_MS } from '../src/index.ts';
import { hostsOf } from '../src/server.ts';

test('S4.40 the table of the relay program in docs/defaults.md is what it does when nothing is asked for', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/defaults.md'), 'utf8');
  const rows = (page.split('<!-- table: relay program -->\n')[1] ?? '').split('\n\n', 1)[0] ?? '';
  const inPage = Object.fromEntries(
    [...rows.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)].map(([, key, value]) => [key, value]),
  );
  const { port, durability, lan, host } = readRelayOptions([], {});
  const hosts = hostsOf(lan ?? false, host);
  expect(port).toBe(DEFAULT_PORT);
  expect(inPage).toEqual({
    port: String(port),
    durability,
    host: hosts.every((one) => one === '::1' || one.startsWith('127.')) ? 'this computer only' : hosts.join(' '),
    wipeEvery: String(WIPE_EVERY_MS),
  });
});
