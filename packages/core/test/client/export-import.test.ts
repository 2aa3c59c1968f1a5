// Taking conversations out as JSON lines, changing them, and putting them back in: read-only, marked, and proof of nothing.
import { utf8 } from '@kith/core/bytes';
import { EXPORT_NOTICE, exportHtml, exportLines, importFile, type Kith, type LogLine } from '@kith/core/client';
import { TABLES } from '@kith/core/ports';
import type { MemoryStore } from '@kith/testkit/memory-store';
import type { SimDevice } from '@kith/testkit/sim-device';
import { expect, test } from 'vitest';
import { codeOf, pair, texts, world } from './world.ts';

/** The same engine as others hold it. */
const kithOf = (device: SimDevice): Kith => ({
  call: async (method, params) => device.call(method, params),
  onChange: () => () => undefined,
  close: () => Promise.resolve(),
});
const pieces = (bytes: Uint8Array, size = 1_000) =>
  async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
const textFile = (text: string, size?: number) => pieces(utf8(text), size);
const collect = async (file: AsyncIterable<string>): Promise<string> => {
  let all = '';
  for await (const piece of file) all += piece;
  return all;
};
const rejection = async (work: Promise<unknown>): Promise<{ code: string; message: string }> =>
  work.then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );

/** Alice and Bob with a talk that has everything in it; and Alice's export. */
const talked = async () => {
  const here = world();
  const alice = here.device('alice');
  const bob = here.device('bob');
  const conversation = pair(here, alice, bob);
  alice.call('profile.set', { name: 'Alice' });
  bob.call('profile.set', { name: 'Bob' });
  const first = alice.call('send', { conversation, text: 'The key is under the <b>mat</b>.' });
  here.clock.advance(2_000);
  bob.call('react', { conversation, event: first.event, emoji: '👍' });
  bob.call('send', { conversation, text: 'Understood.\nThank you.', reply: first.event });
  const wrong = bob.call('send', { conversation, text: 'At noon' });
  bob.call('edit', { conversation, event: wrong.event, text: 'At seven' });
  const gone = alice.call('send', { conversation, text: 'canary-gone' });
  alice.call('delete', { conversation, event: gone.event });
  here.clock.advance(2_000);
  return { here, alice, bob, conversation, file: await collect(exportLines(kithOf(alice), null, here.clock.now())) };
};
const imported = (device: SimDevice): readonly LogLine[] => {
  const [found] = device.call('contact.list', {}).filter((one) => one.imported);
  return found === undefined ? [] : device.call('log', { conversation: found.conversation, limit: 500 });
};
const said = ({ event, author, mine, kind, text, sentAt, receivedAt, edited, deleted, target, emoji }: LogLine) => ({
  event,
  author,
  mine,
  kind,
  text,
  sentAt,
  receivedAt,
  edited,
  deleted,
  target,
  emoji,
});

test('S1.5 an export says its version and that it proves nothing, then every event as `log` has it', async () => {
  const { alice, conversation, file } = await talked();
  const [header, ...lines] = file
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(header).toMatchObject({ kith: 'export', version: 1, notice: EXPORT_NOTICE });
  const log = alice.call('log', { conversation, limit: 500 });
  expect(lines.map(({ event, text, kind, author }) => ({ event, text, kind, author }))).toEqual(
    log.map(({ event, text, kind, author }) => ({ event, text, kind, author })),
  );
  expect(lines.map(({ authorName }) => authorName)).toContain('Bob');
  expect(file).not.toContain('canary-gone');
});

test('S1.1 S1.5 exported, wiped, imported: the same lines, read-only, marked, and found by search', async () => {
  const { here, alice, conversation, file } = await talked();
  const before = alice.call('log', { conversation, limit: 500 }).map(said);
  const fresh = here.device('fresh');
  fresh.start();
  const done = await importFile(kithOf(fresh), textFile(file, 7));
  expect(done.added).toBe(before.length);
  expect(imported(fresh).map(said)).toEqual(before);
  expect(imported(fresh).every(({ mark, state }) => mark === 'imported' && state === null)).toBe(true);
  const [contact] = fresh.call('contact.list', {});
  expect(contact).toMatchObject({ name: 'Imported: Bob', state: 'ended', imported: true });
  const { conversation: copy } = contact as { conversation: string };
  expect(fresh.call('search', { query: 'under the mat' }).map((line) => [line.conversation, line.mark])).toEqual([
    [copy, 'imported'],
  ]);
  expect(fresh.call('search', { query: 'seven', in: copy }).map(({ text }) => text)).toEqual(['At seven']);
  const [some] = before;
  for (const change of [
    () => fresh.call('send', { conversation: copy, text: 'no' }),
    () => fresh.call('edit', { conversation: copy, event: some?.event ?? '', text: 'no' }),
    () => fresh.call('react', { conversation: copy, event: some?.event ?? '', emoji: '👍' }),
    () => fresh.call('contact.rename', { conversation: copy, name: 'no' }),
  ])
    expect(codeOf(change)).toBe('read-only');
});

test('S1.1 S1.5 a message edited in the file is taken as the file has it, beside the conversation and never in it', async () => {
  const { here, alice, conversation, file } = await talked();
  const log = alice.call('log', { conversation, limit: 500 });
  const forged = file.replace('At seven', 'I, Bob, owe you 500');
  expect(forged).not.toBe(file);
  await importFile(kithOf(alice), textFile(forged));
  expect(alice.call('log', { conversation, limit: 500 })).toEqual(log);
  expect(imported(alice).find(({ text }) => text?.includes('500') === true)).toMatchObject({
    mark: 'imported',
    mine: false,
    authorName: 'Bob',
  });
  here.clock.advance(2_000);
  expect(texts(alice, conversation)).not.toContain('I, Bob, owe you 500');
});

test('S1.5 the same file twice adds nothing; an edited one adds its changed lines, beside the first', async () => {
  const { here, file } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  const kith = kithOf(fresh);
  const once = await importFile(kith, textFile(file));
  const before = imported(fresh);
  expect(await importFile(kith, textFile(file))).toMatchObject({ lines: once.lines, added: 0 });
  expect(imported(fresh)).toEqual(before);
  const crlf = `\ufeff${file.replaceAll('\n', '\r\n')}`;
  expect(await importFile(kith, textFile(crlf))).toMatchObject({ added: 0 });
  expect(await importFile(kith, textFile(file.replace('Understood.', 'Never.')))).toMatchObject({ added: 1 });
  const now = imported(fresh);
  expect(new Set(now.map(({ event }) => event)).size).toBe(now.length);
  const at = now.findIndex(({ text }) => text?.startsWith('Understood') === true);
  expect([now[at - 1]?.text, now[at + 1]?.text].some((text) => text?.startsWith('Never') === true)).toBe(true);
});

test('S1.5 an imported conversation is exported like any other, and its copy adds nothing where it came from', async () => {
  const { here, file } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  await importFile(kithOf(fresh), textFile(file));
  const again = await collect(exportLines(kithOf(fresh), null, here.clock.now()));
  const other = here.device('other');
  other.start();
  await importFile(kithOf(other), textFile(again));
  expect(imported(other).map(said)).toEqual(imported(fresh).map(said));
  expect(other.call('contact.list', {})[0]?.name).toBe('Imported: Bob');
  expect(await importFile(kithOf(fresh), textFile(again))).toMatchObject({ added: 0 });
  expect(fresh.call('contact.list', {})).toHaveLength(1);
});

test.each<[string, (file: string) => string, string, RegExp]>([
  ['cut off in a line', (file) => file.slice(0, -40), 'bad-import', /^Line \d+ .*cut off/],
  ['no export', () => '{"hello":1}\n', 'bad-import', /not an export/],
  ['empty', () => '', 'bad-import', /empty/],
  ['no JSON', (file) => file.replace('{"event"', '{event'), 'bad-import', /^Line 2 .*JSON/],
  ['a line that is a list', (file) => `${file}[]\n`, 'bad-import', /^Line \d+ .*object/],
  ['an unknown kind', (file) => file.replace('"kind":"text"', '"kind":"spell"'), 'bad-import', /^Line \d+ .*"kind"/],
  ['no time', (file) => file.replace('"sentAt":"', '"sentAt":"soon '), 'bad-import', /^Line \d+ .*"sentAt"/],
  ['half a character', (file) => file.replace('Understood', '\\ud800'), 'bad-import', /^Line \d+ .*"text"/],
  ['a text beyond all bounds', (file) => file.replace('Understood', 'x'.repeat(70_000)), 'bad-import', /^Line \d+ /],
  ['a newer version', (file) => file.replace('"version":1', '"version":2'), 'newer-import', /newer/],
])('S1.5 a file that is %s is refused with its line, and nothing is changed', async (_, damage, code, message) => {
  const { here, file } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  await importFile(kithOf(fresh), textFile(file.replace('Understood', 'Earlier')));
  const before = tables(fresh);
  const refused = await rejection(importFile(kithOf(fresh), textFile(damage(file))));
  expect(refused).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(tables(fresh)).toEqual(before);
});
const tables = (device: SimDevice) => TABLES.map((table) => device.store.scan(table));

test('S1.5 bytes that are no UTF-8 are refused with the number of their line', async () => {
  const { here, file } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  const bytes = utf8(file);
  const line = file.slice(0, file.indexOf('Understood')).split('\n').length;
  bytes[utf8(file.slice(0, file.indexOf('Understood'))).length] = 0xff;
  expect(await rejection(importFile(kithOf(fresh), pieces(bytes)))).toEqual({
    code: 'bad-import',
    message: `Line ${line} of this file is not valid UTF-8.`,
  });
});

test('S1.5 a full disk in the middle leaves what was there; the same file again adds the rest', async () => {
  const { here, conversation } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  const store = fresh.store as MemoryStore;
  const line = (n: number): string =>
    `${JSON.stringify({ event: `e${n}`, conversation, kind: 'text', text: `line ${n}`, sentAt: '2026-01-01T00:00:00.000Z', author: 'a', authorName: 'Bob' })}\n`;
  const file = `{"kith":"export","version":1}\n${Array.from({ length: 1_200 }, (_, n) => line(n)).join('')}`;
  let calls = 0;
  const filling: Kith = {
    ...kithOf(fresh),
    call: async (method, params) => {
      if (method === 'import.lines' && ++calls === 2) store.failNext('full');
      return kithOf(fresh).call(method, params);
    },
  };
  expect(await rejection(importFile(filling, textFile(file)))).toMatchObject({ code: 'disk-full' });
  expect(imported(fresh)).toHaveLength(500);
  expect(await importFile(kithOf(fresh), textFile(file))).toMatchObject({ lines: 1_200, added: 700 });
  const [contact] = fresh.call('contact.list', {});
  const all: LogLine[] = [];
  for (
    let page = fresh.call('log', { conversation: contact?.conversation ?? '', limit: 500, oldest: true });
    page.length > 0;
  ) {
    all.push(...page);
    page = fresh.call('log', {
      conversation: contact?.conversation ?? '',
      limit: 500,
      after: page.at(-1)?.event ?? '',
    });
  }
  expect(all.map(({ text }) => text)).toEqual(Array.from({ length: 1_200 }, (_, n) => `line ${n}`));
});

test('S1.5 pages of an imported conversation: before, after, around, and what was deleted is in no table', async () => {
  const { here, file } = await talked();
  const fresh = here.device('fresh');
  fresh.start();
  await importFile(kithOf(fresh), textFile(file));
  const all = imported(fresh);
  const { conversation, event } = all[2] as LogLine;
  expect(fresh.call('log', { conversation, before: event, limit: 1 })).toEqual([all[1]]);
  expect(fresh.call('log', { conversation, after: event, limit: 2 })).toEqual(all.slice(3, 5));
  expect(fresh.call('log', { conversation, around: event, limit: 2 })).toEqual(all.slice(1, 4));
  expect(codeOf(() => fresh.call('log', { conversation, before: '0'.repeat(32) }))).toBe('unknown-event');
  const target = all.find(({ text }) => text === 'At seven') as LogLine;
  fresh.call('delete', { conversation, event: target.event });
  expect(fresh.call('search', { query: 'seven' })).toEqual([]);
  expect(
    JSON.stringify(tables(fresh).map((rows) => rows.map(({ value }) => Buffer.from(value).toString('latin1')))),
  ).not.toContain('At seven');
  fresh.call('import.remove', { conversation });
  expect(fresh.store.scan('imported')).toEqual([]);
  expect(fresh.call('search', { query: 'mat' })).toEqual([]);
  expect(codeOf(() => fresh.call('log', { conversation }))).toBe('unknown-conversation');
});

test('S1.5 HTML for reading: everything escaped, no script, nothing loaded from elsewhere', async () => {
  const { here, alice, bob, conversation } = await talked();
  bob.call('send', { conversation, text: '"><script>alert(1)</script><img src=x onerror=alert(1)>' });
  alice.call('contact.rename', { conversation, name: '</title><script>x</script>' });
  here.clock.advance(2_000);
  const html = await collect(exportHtml(kithOf(alice), conversation, here.clock.now()));
  expect(html).toContain('The key is under the &lt;b&gt;mat&lt;/b&gt;.');
  expect(html).toContain(EXPORT_NOTICE);
  expect(html).not.toMatch(/<script|<img|https?:|url\(/i);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toContain('canary-gone');
});

test('class 24: in HTML for reading nobody passes for who made it', async () => {
  const { here, alice, bob, conversation } = await talked();
  bob.call('profile.set', { name: 'Me' });
  bob.call('send', { conversation, text: 'I owe Bob 500' });
  here.clock.advance(60_000);
  const html = await collect(exportHtml(kithOf(alice), conversation, here.clock.now()));
  const said = html.split('<article').find((one) => one.includes('I owe Bob 500'));
  expect(said).toContain('<b dir="auto">“Me”</b>');
});

test('an export is made page by page: no answer of the engine holds more than one page', async () => {
  const { here, alice, conversation } = await talked();
  for (let n = 0; n < 1_100; n++) alice.call('send', { conversation, text: `number ${n}` });
  let largest = 0;
  const watched: Kith = {
    ...kithOf(alice),
    call: async (method, params) => {
      const result = await kithOf(alice).call(method, params);
      if (Array.isArray(result)) largest = Math.max(largest, result.length);
      return result;
    },
  };
  const file = await collect(exportLines(watched, conversation, here.clock.now()));
  expect(file.split('\n').filter((line) => line.includes('"number '))).toHaveLength(1_100);
  expect(largest).toBe(500);
});
