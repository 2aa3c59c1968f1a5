import { describe, expect, test } from 'vitest';
import { FakeKith, line } from './support/fake-kith.ts';
import { runHere } from './support/run-here.ts';

const BLAIR = 'kT3x9aBlair0000000000A';
const sent = (kith: FakeKith) => kith.asked.find(({ method }) => method === 'send')?.params;

describe('naming a conversation', () => {
  test.each([['Blair'], [BLAIR], ['kT3x9aB'], ['ZZZZZZ']])('%s is one', async (typed) => {
    const kith = new FakeKith();
    expect((await runHere(['send', typed, 'x', '--json'], { kith })).status).toBe(0);
    expect(sent(kith)).toMatchObject({ conversation: typed === 'ZZZZZZ' ? 'ZZZZZZnobody000000000C' : BLAIR });
  });

  test.each([['Sam'], ['kT3x9a']])('%s is more than one: exit 2 with the candidates', async (typed) => {
    const { status, lines } = await runHere(['send', typed, 'x', '--json']);
    expect(status).toBe(2);
    expect(lines).toMatchObject([
      {
        error: {
          code: 'ambiguous',
          candidates: [{ conversation: expect.any(String) }, { conversation: expect.any(String) }],
        },
      },
    ]);
  });

  test('without --json the candidates are shown too', async () => {
    expect((await runHere(['send', 'Sam', 'x'])).err).toMatch(
      /kT3x9aSam00000000000AA {2}Sam\n {2}Qq81_-Sam00000000000BB {2}Sam/,
    );
  });

  test.each([['kT3x9'], ['Nobody'], ['blair'], ['']])('%j is none: exit 5', async (typed) => {
    expect(await runHere(['send', typed, 'x', '--json'])).toMatchObject({
      status: 5,
      lines: [{ error: { code: 'unknown-conversation' } }],
    });
  });

  test('a name may be written in either form of Unicode', async () => {
    const kith = new FakeKith();
    kith.contacts.splice(0, kith.contacts.length, { ...kith.contacts[0]!, name: 'Zoe\u0301' });
    expect((await runHere(['read', 'Zo\u00e9', '--json'], { kith })).status).toBe(0);
  });
});

describe('naming a message', () => {
  test('by its id or a unique start of it', async () => {
    for (const typed of ['dq0Zk3first0000000000A', 'dq0Zk3f']) {
      const { lines } = await runHere(['react', 'Blair', typed, '👍', '--json']);
      expect(lines).toEqual([{ event: 'dq0Zk3first0000000000A', state: 'sent' }]);
    }
  });
  test('more than one: exit 2 with the candidates; none: exit 5', async () => {
    expect(await runHere(['delete', 'Blair', 'dq0Zk3', '--json'])).toMatchObject({
      status: 2,
      lines: [
        {
          error: {
            code: 'ambiguous',
            candidates: [{ event: 'dq0Zk3first0000000000A' }, { event: 'dq0Zk3second000000000A' }],
          },
        },
      ],
    });
    expect(await runHere(['delete', 'Blair', 'dq0Zk', '--json'])).toMatchObject({ status: 5 });
    expect(await runHere(['delete', 'Blair', 'zzzzzzz', '--json'])).toMatchObject({ status: 5 });
  });
  test('a start is found however far back it is', async () => {
    const kith = new FakeKith();
    kith.logs.set(
      BLAIR,
      Array.from({ length: 1201 }, (_, i) => line(BLAIR, `event${String(i).padStart(5, '0')}`, String(i))),
    );
    expect((await runHere(['delete', 'Blair', 'event00000', '--json'], { kith })).lines).toEqual([
      { event: 'event00000', deleted: true },
    ]);
    expect((await runHere(['delete', 'Blair', 'event0120', '--json'], { kith })).lines).toEqual([
      { event: 'event01200', deleted: true },
    ]);
  });
});

describe('log', () => {
  const many = (): FakeKith => {
    const kith = new FakeKith();
    kith.logs.set(
      BLAIR,
      Array.from({ length: 1201 }, (_, i) => line(BLAIR, `event${String(i).padStart(5, '0')}`, String(i))),
    );
    return kith;
  };
  const texts = async (...argv: string[]) =>
    (await runHere(['log', 'Blair', '--json', ...argv], { kith: many() })).lines.map(({ text }) => Number(text));

  test('the newest 50, oldest first', async () =>
    expect(await texts()).toEqual(Array.from({ length: 50 }, (_, i) => 1151 + i)));
  test('--limit over many pages', async () =>
    expect(await texts('--limit', '1100')).toEqual(Array.from({ length: 1100 }, (_, i) => 101 + i)));
  test('--limit beyond the beginning', async () => expect(await texts('--limit', '5000')).toHaveLength(1201));
  test('S4.25 a mark stands above what is shown before older ones came', async () => {
    const kith = many();
    const lines = kith.logs.get(BLAIR) ?? [];
    kith.logs.set(
      BLAIR,
      lines.map((one, at) => ({ ...one, gap: at === 1199 })),
    );
    const { err } = await runHere(['log', 'Blair', '--limit', '5'], { kith });
    expect(err.match(/older messages are still coming/g)).toHaveLength(1);
    expect((await runHere(['log', 'Blair', '--limit', '1'], { kith })).err).toBe('');
  });
  test('--before excludes it, and takes a unique start', async () => {
    expect(await texts('--before', 'event00003')).toEqual([0, 1, 2]);
    expect(await texts('--before', 'event0120', '--limit', '2')).toEqual([1198, 1199]);
  });
});

describe('texts', () => {
  const send = async (stdin: Uint8Array) => {
    const kith = new FakeKith();
    const outcome = await runHere(['send', 'Blair', '-', '--json'], { kith, stdin });
    return { ...outcome, text: (sent(kith) as { text?: string } | undefined)?.text };
  };
  test.each([
    ['nothing', ''],
    ['a line end', 'a\n'],
    ['a byte order mark', '\ufeffa'],
    ['zero bytes and controls', 'a\u0000\u001b\r\n'],
    ['65,536 bytes', 'ü'.repeat(32_768)],
  ])('stdin is taken byte for byte: %s', async (_, text) => {
    expect(await send(new TextEncoder().encode(text))).toMatchObject({ status: 0, text });
  });
  test.each([
    ['invalid UTF-8', Uint8Array.of(0x61, 0xff)],
    ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['a cut character', Uint8Array.of(0xe2, 0x82)],
    ['65,537 bytes', new Uint8Array(65_537).fill(0x61)],
  ])('refused with exit 2: %s', async (_, stdin) => {
    const { status, lines, text } = await send(stdin);
    expect({ status, text }).toEqual({ status: 2, text: undefined });
    expect(lines).toMatchObject([{ error: { code: 'bad-text' } }]);
  });
  test('a typed text over 65,536 bytes is refused before the home is opened', async () => {
    const kith = new FakeKith();
    expect((await runHere(['send', 'Blair', 'ü'.repeat(32_769)], { kith })).status).toBe(2);
    expect(kith.asked).toEqual([]);
  });
});

describe('contexts', () => {
  const asked = (kith: FakeKith, method: string) => kith.asked.find((one) => one.method === method)?.params;
  test.each([['club'], ['c1ub00000000'], ['c1ub00']])('%s is one', async (typed) => {
    const kith = new FakeKith();
    expect((await runHere(['invite', 'create', '--context', typed], { kith })).status).toBe(0);
    expect(asked(kith, 'invite.create')).toMatchObject({ context: 'c1ub00000000' });
    expect((await runHere(['contact', 'context', 'Blair', typed], { kith })).status).toBe(0);
    expect(asked(kith, 'contact.context')).toEqual({ conversation: BLAIR, context: 'c1ub00000000' });
    expect((await runHere(['profile', '--context', typed, '--json'], { kith })).lines).toMatchObject([
      { name: 'Captain' },
    ]);
  });
  test('one that is not there is exit 5, and neither a context nor --none is exit 2', async () => {
    expect(await runHere(['invite', 'create', '--context', 'Club', '--json'])).toMatchObject({
      status: 5,
      lines: [{ error: { code: 'unknown-context' } }],
    });
    for (const rest of [[], ['club', '--none']])
      expect(await runHere(['contact', 'context', 'Blair', ...rest, '--json'])).toMatchObject({ status: 2 });
    expect(await runHere(['context', 'add', 'x', '--hue', '8', '--json'])).toMatchObject({ status: 2 });
  });
});
