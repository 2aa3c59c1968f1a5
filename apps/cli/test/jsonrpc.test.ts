import { KithError } from '@kith/core/client';
import { describe, expect, test } from 'vitest';
import { Door } from '../src/jsonrpc/door.ts';
import { LineSplitter } from '../src/jsonrpc/lines.ts';
import { FakeKith } from './support/fake-kith.ts';
import { runHere } from './support/run-here.ts';

describe('lines', () => {
  const split = (chunks: readonly (string | Uint8Array)[], most?: number) => {
    const lines: (string | null)[] = [];
    const splitter = new LineSplitter((line) => lines.push(line), most);
    for (const chunk of chunks) splitter.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    splitter.end();
    return lines;
  };
  test('come out whole, however they were cut on the way', () => {
    const bytes = new TextEncoder().encode('{"a":"ü😀"}\n\n{"b":2}\nlast');
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(split([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(['{"a":"ü😀"}', '', '{"b":2}', 'last']);
    }
    expect(split([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['{"a":"ü😀"}', '', '{"b":2}', 'last']);
  });
  test('too long ones and those that are not UTF-8 are told apart from what follows', () => {
    expect(split(['12345678', '90\nok\n'], 9)).toEqual([null, 'ok']);
    expect(split(['123456789\nok\n'], 9)).toEqual(['123456789', 'ok']);
    expect(split([Uint8Array.of(0xff, 0x0a, 0x6f, 0x6b)])).toEqual([null, 'ok']);
  });
});

describe('JSON-RPC 2.0', () => {
  const ask = async (lines: readonly (string | null)[], kith = new FakeKith()) => {
    const answers: unknown[] = [];
    const door = new Door(kith, (line) => {
      expect(line.endsWith('\n')).toBe(true);
      answers.push(JSON.parse(line));
    });
    for (const line of lines) door.take(line);
    await door.idle();
    return answers;
  };
  const call = (method: string, params: unknown = {}, id: unknown = 1) =>
    JSON.stringify({ jsonrpc: '2.0', id, method, params });

  test('answers calls, with bytes as base64 and times as RFC 3339', async () => {
    expect(await ask([call('profile.get')])).toEqual([
      { jsonrpc: '2.0', id: 1, result: { name: 'Alice', picture: '/9g=' } },
    ]);
    expect(await ask([call('request.list', {}, 'a')])).toEqual([
      { jsonrpc: '2.0', id: 'a', result: [{ request: 'req-0000000001', via: 'shop', at: '2026-11-21T09:05:07.089Z' }] },
    ]);
    const kith = new FakeKith();
    await ask([call('profile.set', { picture: '/9g=' })], kith);
    expect(kith.asked).toEqual([{ method: 'profile.set', params: { picture: Uint8Array.of(0xff, 0xd8) } }]);
  });

  test.each([
    ['no JSON', '{', -32700, null],
    ['a line that could not be read', null, -32700, null],
    ['no object', '1', -32600, null],
    ['no version', '{"id":1,"method":"status"}', -32600, 1],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"status"}', -32600, 1],
    ['an id that is none', '{"jsonrpc":"2.0","id":{},"method":"status"}', -32600, null],
    ['an unknown method', call('nothing'), -32601, 1],
    ['a method of Object.prototype', call('constructor'), -32601, 1],
    ['__proto__', call('__proto__'), -32601, 1],
    ['params that are a list', call('status', []), -32602, 1],
    ['a missing parameter', call('send', { conversation: 'a' }), -32602, 1],
    ['an unknown parameter', call('status', { a: 1 }), -32602, 1],
    ['a wrong kind', call('send', { conversation: 'a', text: 1 }), -32602, 1],
    [
      'a lone surrogate',
      '{"jsonrpc":"2.0","id":1,"method":"send","params":{"conversation":"a","text":"\\ud800"}}',
      -32602,
      1,
    ],
    ['a negative number', call('sync', { forMs: -1 }), -32602, 1],
    ['a fraction', call('sync', { forMs: 0.5 }), -32602, 1],
    ['a value that is no choice', call('contact.mark', { conversation: 'a', validity: 'fine' }), -32602, 1],
    ['no base64', call('profile.set', { picture: '*' }), -32602, 1],
    ['an empty batch', '[]', -32600, null],
  ])('refuses %s', async (_, line, code, id) => {
    expect(await ask([line])).toEqual([{ jsonrpc: '2.0', id, error: { code, message: expect.any(String) } }]);
  });

  test('errors of the engine carry their stable code; a bug says nothing of what it was about', async () => {
    expect(await ask([call('delete', { conversation: 'a', event: 'b' })])).toEqual([
      {
        jsonrpc: '2.0',
        id: 1,
        error: { code: -32000, message: expect.any(String), data: { code: 'unknown-event', hint: expect.any(String) } },
      },
    ]);
    const kith = new FakeKith();
    kith.call = () => Promise.reject(new TypeError('secret text'));
    const [answer] = await ask([call('status')], kith);
    expect(answer).toMatchObject({ error: { code: -32603, data: { code: 'internal' } } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test('a notification is done and not answered; a batch is answered by one line', async () => {
    const kith = new FakeKith();
    expect(await ask(['{"jsonrpc":"2.0","method":"read","params":{"conversation":"a"}}'], kith)).toEqual([]);
    expect(kith.asked).toEqual([{ method: 'read', params: { conversation: 'a' } }]);
    const batch = `[${call('status', {}, 1)},1,{"jsonrpc":"2.0","method":"typing","params":{"conversation":"a"}},${call('status', {}, 2)}]`;
    const [answers] = await ask([batch]);
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 1 }),
        expect.objectContaining({ id: 2 }),
        expect.objectContaining({ id: null }),
      ]),
    );
  });

  test('slow calls do not hold up quick ones', async () => {
    const kith = new FakeKith();
    const fast = kith.call.bind(kith);
    let release: () => void = () => undefined;
    kith.call = async (method, params) => {
      if (method === 'sync') await new Promise<void>((resolve) => (release = resolve));
      return fast(method, params);
    };
    const answers: unknown[] = [];
    const door = new Door(kith, (line) => {
      const answer = JSON.parse(line) as { id: number };
      answers.push(answer.id);
      if (answer.id === 2) release();
    });
    door.take(call('sync', {}, 1));
    door.take(call('status', {}, 2));
    await door.idle();
    expect(answers).toEqual([2, 1]);
  });
});

describe('kith rpc', () => {
  test('answers what stdin holds, tells changes, and ends when stdin does', async () => {
    const stdin = new TextEncoder().encode(
      '{"jsonrpc":"2.0","id":1,"method":"send","params":{"conversation":"kT3x9aBlair0000000000A","text":"hi"}}\nnonsense\n{"jsonrpc":"2.0","id":2,"method":"status"}',
    );
    const { status, lines, err } = await runHere(['rpc'], { stdin });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 1, result: { event: expect.any(String), state: 'waiting' } },
        { jsonrpc: '2.0', id: null, error: { code: -32700, message: expect.any(String) } },
        { jsonrpc: '2.0', id: 2, result: expect.objectContaining({ device: 'device-1' }) },
        {
          jsonrpc: '2.0',
          method: 'change',
          params: {
            type: 'events',
            events: [expect.objectContaining({ text: 'hi', sentAt: '2026-11-21T09:05:07.089Z' })],
            cursor: null,
          },
        },
      ]),
    );
  });

  test('a home that cannot be opened: the error of every other command', async () => {
    const openEngine = () => Promise.reject(new KithError('damaged-home'));
    expect(await runHere(['rpc', '--json'], { openEngine })).toMatchObject({
      status: 1,
      lines: [{ error: { code: 'damaged-home' } }],
    });
  });
});
