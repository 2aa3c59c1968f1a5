import { connectKith, ERRORS, KithError, serveKith, type Change, type Kith, type Pipe } from '@kith/core/client';
import { pipePair } from '@kith/testkit';
import { expect, test, vi } from 'vitest';

interface Fake {
  readonly kith: Kith;
  readonly calls: { readonly method: string; readonly params: object }[];
  readonly listeners: Set<(change: Change) => void>;
}
const fakeKith = (answer: (method: string) => unknown): Fake => {
  const calls: Fake['calls'] = [];
  const listeners: Fake['listeners'] = new Set();
  return {
    calls,
    listeners,
    kith: {
      call: async (method, params) => {
        calls.push({ method, params });
        return (await answer(method)) as never;
      },
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => Promise.reject(new Error('a client must not close the engine')),
    },
  };
};
const connected = (answer: (method: string) => unknown): Fake & { readonly remote: Kith; readonly pipe: Pipe } => {
  const fake = fakeKith(answer);
  const [near, far] = pipePair();
  serveKith(fake.kith, far);
  return { ...fake, remote: connectKith(near), pipe: near };
};

test('calls and answers cross, bytes included, and answers find their own calls', async () => {
  const gates = new Map<string, (value: unknown) => void>();
  const { remote, calls } = connected((method) => new Promise((resolve) => gates.set(method, resolve)));
  const profile = remote.call('profile.set', { name: 'Blair', picture: Uint8Array.of(1, 2) });
  const list = remote.call('contact.list', {});
  await vi.waitFor(() => expect(gates.size).toBe(2));
  gates.get('contact.list')?.([]);
  gates.get('profile.set')?.({ name: 'Blair', picture: Uint8Array.of(1, 2) });
  expect(await list).toEqual([]);
  expect(await profile).toEqual({ name: 'Blair', picture: Uint8Array.of(1, 2) });
  expect(calls[0]).toEqual({ method: 'profile.set', params: { name: 'Blair', picture: Uint8Array.of(1, 2) } });
});

test('an error keeps its code, message and hint', async () => {
  const { remote } = connected(() =>
    Promise.reject(new KithError('blocked', { message: 'Blair is blocked.', hint: 'Unblock Blair.' })),
  );
  const error = await remote.call('send', { conversation: 'c', text: 't' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(KithError);
  expect(error).toMatchObject({ code: 'blocked', message: 'Blair is blocked.', hint: 'Unblock Blair.', exit: 4 });
});

test('an exception that is not a KithError tells nothing of itself', async () => {
  const { remote } = connected(() => Promise.reject(new Error('secret canary')));
  await expect(remote.call('status', {})).rejects.toMatchObject({ code: 'internal', message: ERRORS.internal.message });
});

test('an unknown method never reaches the engine', async () => {
  const { remote, calls } = connected(() => null);
  for (const name of ['nonsense', 'toString', '__proto__', '']) {
    await expect(remote.call(name as 'status', {})).rejects.toMatchObject({ code: 'bad-option' });
  }
  expect(calls).toEqual([]);
});

test('changes arrive while somebody listens, and the engine is asked once', async () => {
  const { remote, listeners } = connected(() => null);
  const seen: string[] = [];
  const stopA = remote.onChange((change) => seen.push(`a ${change.type}`));
  const stopB = remote.onChange((change) => seen.push(`b ${change.type}`));
  await vi.waitFor(() => expect(listeners.size).toBe(1));
  for (const listener of listeners) listener({ type: 'contacts' });
  await vi.waitFor(() => expect(seen).toEqual(['a contacts', 'b contacts']));
  stopA();
  stopA();
  for (const listener of listeners) listener({ type: 'invites' });
  await vi.waitFor(() => expect(seen).toContain('b invites'));
  expect(seen).not.toContain('a invites');
  stopB();
  await vi.waitFor(() => expect(listeners.size).toBe(0));
});

test('when the pipe closes, open calls and later ones reject as interrupted, and the engine is left alone', async () => {
  const { remote, pipe, listeners, calls } = connected(() => new Promise(() => undefined));
  remote.onChange(() => undefined);
  const open = remote.call('send', { conversation: 'c', text: 't' });
  await vi.waitFor(() => expect(calls.length + listeners.size).toBe(2));
  pipe.close();
  await expect(open).rejects.toMatchObject({ code: 'interrupted' });
  await expect(remote.call('status', {})).rejects.toMatchObject({ code: 'interrupted' });
  expect(listeners.size).toBe(0);
});

test('nonsense on either side is dropped and harms nothing', async () => {
  const fake = fakeKith(() => 'answer');
  const [near, far] = pipePair();
  serveKith(fake.kith, far);
  const nonsense = [
    null,
    0,
    'call',
    [],
    {},
    { type: 'call' },
    { type: 'call', id: -1, method: 'status', params: {} },
    { type: 'call', id: 1, method: 7, params: {} },
    { type: 'call', id: 1, method: 'status', params: null },
    { type: 'result' },
    { type: 'error', id: 0 },
    { type: 'change', change: 1 },
    { type: 'result', id: 99, result: 1 },
  ];
  const remote = connectKith(near);
  for (const value of nonsense) {
    near.send(value);
    far.send(value);
  }
  expect(await remote.call('status', {})).toBe('answer');
  expect(fake.calls).toHaveLength(1);
});
