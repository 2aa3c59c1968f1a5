import { KithError } from '@kith/core/client';
import { describe, expect, test } from 'vitest';
import { toJsonLine } from '../src/print/json.ts';
import { plain, plainLine, plainName } from '../src/print/plain.ts';
import { toTime } from '../src/print/time.ts';
import { FakeKith, line } from './support/fake-kith.ts';
import { runHere } from './support/run-here.ts';

describe('times', () => {
  test.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_763_715_907_089, '2025-11-21T09:05:07.089Z'],
    [2 ** 48 - 1, '9999-12-31T23:59:59.999Z'],
    [-1, '1970-01-01T00:00:00.000Z'],
  ])('%d is %s', (ms, text) => expect(toTime(ms)).toBe(text));
});

describe('what others wrote cannot steer a terminal', () => {
  test('class 23: escape sequences, carriage returns and reordering characters are shown, not obeyed', () => {
    expect(plain('\u001b[2Jgone\r\u202eevil\u0007\u009b1m')).toBe('\\u001b[2Jgone\\u000d\\u202eevil\\u0007\\u009b1m');
  });
  test('a further line cannot pass for an entry of its own', () => {
    expect(plain('a\nb')).toBe('a\n    b');
    expect(plainLine('a\nb')).toBe('a b');
  });
  test('a log shows no raw control character of a text, a name or a reaction', async () => {
    const kith = new FakeKith();
    const evil = '\u001b]0;owned\u0007';
    kith.logs.set('kT3x9aBlair0000000000A', [
      {
        ...line('kT3x9aBlair0000000000A', 'dq0Zk3first0000000000A', evil),
        authorName: evil,
        reactions: [{ emoji: evil, count: 1, mine: false }],
      },
    ]);
    const { out } = await runHere(['log', 'Blair'], { kith });
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(out).toContain('\\u001b]0;owned');
  });
  test('class 24: no name passes for who is meant by "me", for another column, or for none', async () => {
    const named = (name: string): string => plainName(name);
    expect(['me', ' ME ', 'me: yes, pay him', '(no name)', 'Blair "x"'].map(named)).toEqual([
      '"me"',
      '"ME"',
      '"me: yes, pay him"',
      '"(no name)"',
      String.raw`"Blair \"x\""`,
    ]);
    expect(named('Blair  checked\u3000\u00a0 active')).toBe('Blair checked active');
    for (const nothing of ['', '\u200b', '\u3164', '\u2800', '\u00ad\u200d', '\u0301'])
      expect(named(nothing)).toBe('(no name)');
    for (const name of ['Blair', 'Mel', 'Jean-Luc O\u2019Neill', '\u05d3\u05e0\u05d4', '\u{1f469}\u200d\u{1f52c}'])
      expect(named(name)).toBe(name);
    const kith = new FakeKith();
    const said = line('kT3x9aBlair0000000000A', 'dq0Zk3first0000000000A', 'I owe you nothing');
    kith.logs.set('kT3x9aBlair0000000000A', [{ ...said, mine: false, authorName: 'me' }]);
    expect((await runHere(['log', 'Blair'], { kith })).out).toContain('"me": I owe you nothing');
  });
});

describe('JSON', () => {
  test('one value is one line for every reader, and comes back the same', () => {
    const text = 'a\nb\u2028c\u0085d\u007f\ud83d\ude00\u0000"\\';
    const printed = toJsonLine({ text });
    expect(printed.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(1);
    expect(JSON.parse(printed)).toEqual({ text });
  });
  test('absent values are null: no name, no label, nothing about a reply', async () => {
    const { lines } = await runHere(['contact', 'list', '--json']);
    expect(lines.map(({ name }) => name)).toEqual(['Blair', 'Sam', 'Sam', null]);
    expect((await runHere(['invite', 'list', '--json'])).lines[0]).toMatchObject({ label: null });
    expect((await runHere(['log', 'Blair', '--json'])).lines[0]).toMatchObject({
      reply: null,
      state: null,
      sentAt: '2026-11-21T09:05:07.089Z',
    });
  });
  test('an error is the last line of stdout, with code, message and hint, also for usage errors', async () => {
    const usage = await runHere(['send', '--json']);
    expect(usage).toMatchObject({ status: 2, err: '' });
    expect(usage.lines).toEqual([
      { error: { code: 'bad-option', message: 'CONVERSATION is missing.', hint: 'See `kith send --help`.' } },
    ]);
    const unknown = await runHere(['frobnicate', '--json']);
    expect(unknown).toMatchObject({ status: 2, lines: [{ error: { code: 'bad-command' } }] });
    const later = await runHere(['room', 'create', 'x', '--json']);
    expect(later).toMatchObject({ status: 1, lines: [{ error: { code: 'not-built' } }] });
  });
  test('a bug is an error as well, without anything of what it was about', async () => {
    const kith = new FakeKith();
    kith.call = () => Promise.reject(new TypeError('secret text'));
    const { status, out, err } = await runHere(['contact', 'list', '--json'], { kith });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'internal' } });
    expect(out + err).not.toContain('secret text');
  });
  test('without --json errors go to stderr only', async () => {
    const kith = new FakeKith();
    kith.call = () => Promise.reject(new KithError('no-relay'));
    expect(await runHere(['sync'], { kith })).toMatchObject({
      status: 3,
      out: '',
      err: expect.stringContaining('No relay'),
    });
  });
});
