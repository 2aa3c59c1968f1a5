// Attacks on what a screen shows and what a browser runs, without a browser.
import { createHash } from 'node:crypto';
import type { LogLine } from '@kith/core/client';
import { afterEach, expect, test } from 'vitest';
import { namedOf, nameOf } from '../src/app/names.ts';
import { notifyOf } from '../src/app/notifications.ts';
import { t } from '../src/words/index.ts';

const given = new Map<string, PropertyDescriptor | undefined>();
/** Stands in for something that a browser has, until the test is over. */
const give = (name: string, value: unknown): void => {
  given.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
};
afterEach(() => {
  for (const [name, before] of given) {
    if (before === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, before);
  }
  given.clear();
});

test('class 21: a notification says at most who wrote, never what', () => {
  const posted: unknown[] = [];
  give('Notification', { permission: 'granted' });
  give('navigator', { serviceWorker: { controller: { postMessage: (message: unknown) => posted.push(message) } } });
  const line = { mine: false, kind: 'text', conversation: 'c', text: 'the secret', by: 'Blair' } as unknown as LogLine;
  for (const how of ['off', 'plain', 'name']) notifyOf([line], how, () => 'Blair');
  expect(posted).toEqual([
    { type: 'notify', title: 'Kith', body: t.notification.plain, conversation: 'c' },
    { type: 'notify', title: 'Kith', body: t.notification.from('Blair'), conversation: 'c' },
  ]);
  expect(JSON.stringify(posted)).not.toContain('secret');
});

test('class 23: a name turns nothing round in the line that it stands in, and is never nothing', () => {
  const reordering = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u0000\u001b';
  expect(nameOf({ name: `Bl${reordering}air` })).toBe('Blair');
  expect(namedOf({ name: ` ${reordering}Blair ` })).toBe('Blair');
  expect(nameOf({ name: reordering })).toBe(t.list.unnamed);
  for (const nothing of [
    '\u200b',
    '\u3164',
    '\u2800\u2800',
    '\u00ad\u034f',
    '\u200d\ufe0f',
    ' \u00a0\u2003',
    '\u{e0061}\u{e007f}',
    '\u0301',
  ])
    expect(nameOf({ name: nothing })).toBe(t.list.unnamed);
  // Names of people who write from right to left, and joined emoji, stay as they are.
  for (const name of ['\u05d3\u05e0\u05d4', '\u0644\u064a\u0644\u0649', '\u{1f469}\u200d\u{1f52c}'])
    expect(nameOf({ name })).toBe(name);
});

test('class 27: a release of which one byte differs from its list is not installed', async () => {
  const listeners = new Map<string, (event: unknown) => void>();
  const kept: string[] = [];
  const served = new Map([
    ['/index.html', 'page'],
    ['/app.js', 'script'],
  ]);
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
  give(
    'FILES',
    [...served].map(([path, text]) => [path, hash(text)]),
  );
  give('VERSION', 'kith-one');
  give('addEventListener', (type: string, listener: (event: unknown) => void) => listeners.set(type, listener));
  give('caches', { open: () => Promise.resolve({ put: (path: string) => Promise.resolve(void kept.push(path)) }) });
  // As browsers do it: what does not fit its hash is a failed fetch.
  give('fetch', (path: string, { integrity }: { readonly integrity?: string } = {}) => {
    const text = served.get(path) ?? '';
    if (integrity !== undefined && integrity !== `sha256-${hash(text)}`)
      return Promise.reject(new TypeError('integrity'));
    return Promise.resolve(new Response(text));
  });
  await import('../build/service-worker.js');
  const install = async (): Promise<string> => {
    let done: Promise<unknown> = Promise.resolve();
    listeners.get('install')?.({ waitUntil: (work: Promise<unknown>) => (done = work) });
    return done.then(
      () => 'installed',
      () => 'refused',
    );
  };
  expect(await install()).toBe('installed');
  expect(kept.toSorted()).toEqual(['/app.js', '/build.json', '/index.html']);
  served.set('/app.js', 'script, and one line more');
  expect(await install()).toBe('refused');
});
