import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { contentSecurityPolicy, RelayStartError, startRelay, type RunningRelay } from '../src/index.ts';
import { freshFolder, freshRelay } from './helpers.ts';

const INDEX = '<!doctype html><title>Kith</title>';
let relay: RunningRelay;
let root: string;
beforeEach(async () => {
  root = join(freshFolder(), 'web');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), INDEX);
  writeFileSync(join(root, 'sw.js'), 'self.x = 1;');
  writeFileSync(join(root, 'assets', 'index-Bq3f9_xA.js'), 'export {};'.repeat(100));
  writeFileSync(join(root, 'assets', 'sqlite-Bq3f9_xB.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d]));
  writeFileSync(join(root, '..', 'secret.txt'), 'not served');
  writeFileSync(join(root, '.env'), 'not served');
  relay = await freshRelay({ webRoot: root });
});
/** As it stands, without what fetch would tidy away. */
const rawStatus = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: relay.port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

describe('the web app', () => {
  test('is served at /, /i and /d, with a strict policy, and asked for anew each time', async () => {
    for (const path of ['/', '/i', '/d', '/i?x=1', '/index.html']) {
      const response = await fetch(relay.url + path);
      expect([path, response.status, await response.text()]).toEqual([path, 200, INDEX]);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(
        (await fetch(relay.url + path, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } })).status,
      ).toBe(304);
    }
    const { headers } = await fetch(relay.url);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      "connect-src 'self' https: wss: http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*",
      "require-trusted-types-for 'script'",
      'trusted-types kith',
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect(policy.split('; ')).toContain(part);
    }
    expect(policy).not.toContain('unsafe-inline');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toContain('camera=(self)');
  });

  test('a relay that others reach allows no connection without TLS but to itself', () => {
    expect(contentSecurityPolicy(false).split('; ')).toContain("connect-src 'self' https: wss:");
  });

  test('names that carry a hash are kept for ever, others are not; both carry the policy', async () => {
    const hashed = await fetch(`${relay.url}/assets/index-Bq3f9_xA.js`);
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(hashed.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await fetch(`${relay.url}/sw.js`)).headers.get('cache-control')).toBe('no-cache');
    expect((await fetch(`${relay.url}/assets/sqlite-Bq3f9_xB.wasm`)).headers.get('content-type')).toBe(
      'application/wasm',
    );
  });

  test('is compressed for who can read it, and plain for who cannot', async () => {
    const get = (encoding: string): Promise<{ encoding: string | undefined; body: Buffer }> =>
      new Promise((resolve) => {
        request(
          {
            host: '127.0.0.1',
            port: relay.port,
            path: '/assets/index-Bq3f9_xA.js',
            headers: { 'accept-encoding': encoding },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () =>
              resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
            );
          },
        ).end();
      });
    const packed = await get('br, gzip');
    const plain = await get('identity');
    expect([packed.encoding, plain.encoding]).toEqual(['gzip', undefined]);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(packed.body.length).toBeLessThan(plain.body.length);
  });

  test('serves nothing beside its files: no path leads out of the folder', async () => {
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/.env',
      '/assets',
      '/assets/',
      '//etc/passwd',
      '/index.html%00',
      '/i/x',
      '/constructor',
      '/__proto__',
    ]) {
      expect([path, await rawStatus(path)]).toEqual([path, 404]);
    }
    expect((await fetch(relay.url, { method: 'POST' })).status).toBe(405);
  });

  test('can be off; a folder without it is told at the start', async () => {
    const off = await freshRelay({ webRoot: root, roles: ['live', 'mailbox', 'rendezvous'] });
    expect((await fetch(off.url)).status).toBe(404);
    expect(((await (await fetch(`${off.url}/v1/info`)).json()) as { roles: string[] }).roles).not.toContain('web');
    await expect(startRelay({ port: 0, host: '127.0.0.1', webRoot: freshFolder() })).rejects.toThrow(RelayStartError);
  });
});

test('by default it listens on this computer only, by both of its names', async () => {
  const local = await startRelay({ port: 0 });
  try {
    expect((await fetch(`http://127.0.0.1:${local.port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://localhost:${local.port}/healthz`)).status).toBe(200);
    expect(local.url).toBe(`http://localhost:${local.port}`);
  } finally {
    await local.close();
  }
});
