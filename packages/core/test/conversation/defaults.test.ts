// docs/defaults.md says why each default is what it is; here its tables are held equal to the code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONVERSATION_SETTINGS, isSettingValue, SETTINGS } from '../../src/conversation/index.ts';
import {
  createRelayRules,
  createMemoryCellLog,
  createMemoryPlaceStore,
  DEFAULT_RELAY_SETTINGS,
} from '../../src/mailbox/index.ts';
import { CLOCK_TOLERANCE_MS } from '../../src/mailbox/relay-rules-buckets.ts';
import { MAX_CHANNEL_CONNECTIONS } from '../../src/mailbox/relay-rules-live.ts';
import { MAX_CLAIMS, MAX_SINGLE_CLAIMS } from '../../src/mailbox/relay-rules-rendezvous.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { Secret } from '../../src/crypto/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/defaults.md'), 'utf8');
/** Rows of the table under `<!-- table: name -->`: the cells of each, without backticks. */
const table = (name: string): readonly (readonly string[])[] => {
  const [, after = ''] = page.split(`<!-- table: ${name} -->\n`);
  return (after.split('\n\n', 1)[0] ?? '')
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
};
const byKey = (entries: Iterable<readonly [string, string]>): readonly (readonly [string, string])[] =>
  [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));

test('S4.40 the table of settings in docs/defaults.md is the one of the code, and every default has its reason', () => {
  const rows = table('settings');
  expect(byKey(rows.map(([key = '', value = '']) => [key, value]))).toEqual(
    byKey(Object.entries(SETTINGS).map(([key, { default: value }]) => [key, value])),
  );
  for (const [key = '', value = '', why = '', one] of rows) {
    expect(isSettingValue(key, value, false), key).toBe(true);
    expect(isSettingValue(key, value, true), `${key} in one conversation`).toBe(one === 'yes');
    expect(why.length, `why ${key} is ${value}`).toBeGreaterThan(7);
  }
});

test('S0.29 what only a conversation can be stands in docs/defaults.md as in the code, and is no setting of everything', () => {
  const rows = table('conversation settings');
  expect(byKey(rows.map(([key = '', value = '']) => [key, value]))).toEqual(
    byKey(Object.entries(CONVERSATION_SETTINGS).map(([key, { default: value }]) => [key, value])),
  );
  for (const [key = '', value = '', why = ''] of rows) {
    expect([isSettingValue(key, value, true), isSettingValue(key, value, false)]).toEqual([true, false]);
    expect(why.length, `why ${key} is ${value}`).toBeGreaterThan(7);
  }
});

test('S4.40 the table of a relay in docs/defaults.md is the one of its rules, and every default has its reason', async () => {
  const crypto = await createLibsodium();
  const key = crypto.signingKey(new Secret(new Uint8Array(32).fill(7)));
  const parts = { crypto, key, log: createMemoryCellLog(), places: createMemoryPlaceStore(), push: () => undefined };
  const info = createRelayRules(parts, DEFAULT_RELAY_SETTINGS).info(
    { connection: null, address: 'anyone', factor: 1 },
    0,
  );
  const flat = Object.entries(DEFAULT_RELAY_SETTINGS.limits).flatMap(([name, value]: [string, number | object]) =>
    typeof value === 'number'
      ? [[name, value]]
      : Object.entries(value).map(([inner, rate]) => [`${name}.${inner}`, rate]),
  );
  const inCode: readonly (readonly [string, string])[] = [
    ['name', info.name],
    ['roles', info.roles.join(' ')],
    ...(['bits', 'liveBits', 'hourKept', 'dayKept', 'liveKept', 'offerKept'] as const).map(
      (name) => [name, String(info[name])] as const,
    ),
    ...flat.map(([name, value]) => [`limits.${name}`, String(value)] as const),
    ['claims of one-time offer', String(MAX_SINGLE_CLAIMS)],
    ['claims of reusable offer', String(MAX_CLAIMS)],
    ['connections of a channel', String(MAX_CHANNEL_CONNECTIONS)],
    ['clock tolerance', String(CLOCK_TOLERANCE_MS)],
  ];
  const rows = table('relay rules');
  expect(byKey(rows.map(([name = '', value = '']) => [name, value]))).toEqual(byKey(inCode));
  for (const [name, , why = ''] of rows) expect(why.length, `why ${name}`).toBeGreaterThan(4);
});
