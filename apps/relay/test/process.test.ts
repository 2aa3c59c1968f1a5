import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { decode, encode } from '@kith/core/codec';
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  DAY_MS,
  HOUR_MS,
  relayRequestCodec,
  relayResponseCodec,
  type RelayRequest,
  type RelayResponse,
} from '@kith/core/ports';
import { createNodeTransport } from '@kith/platform-node';
import { freePort } from '@kith/testkit/free-port';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readRelayOptions, RelayStartError, startRelay } from '../src/index.ts';
import { atEnd, freshCell, freshFolder, freshRelay, hourPut, lines, until } from './helpers.ts';
import { spawnRelay } from './process.ts';

const ask = async (url: string, request: RelayRequest): Promise<RelayResponse | undefined> => {
  const path = request.type === 'put' ? 'cells' : 'rendezvous';
  const response = await fetch(`${url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor' },
    body: Uint8Array.from(encode(relayRequestCodec, request)),
  });
  return response.ok ? decode(relayResponseCodec, new Uint8Array(await response.arrayBuffer())) : undefined;
};
/** From one look at the clock: an offer that goes before its place does is withdrawn by its first claim. */
const lastingADay = (): { readonly offered: number; readonly expires: number } => {
  const expires = Date.now() + DAY_MS;
  return { offered: expires, expires };
};
const allCells = async (url: string): Promise<Set<string>> => {
  const found = new Set<string>();
  const now = Math.floor(Date.now() / HOUR_MS);
  // The hour may have turned while the test ran.
  for (const period of [now - 1, now]) {
    for (let block = 0; ; block++) {
      const response = await fetch(`${url}/v1/buckets/hour/${period}/0/-/${block}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      for (let at = 0; at < bytes.length; at += CELL_BYTES) found.add(bytes.subarray(at, at + 16).toString('hex'));
      if (bytes.length < BLOCK_CELLS * CELL_BYTES) break;
    }
  }
  return found;
};
const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test(
  'kill -9 at any moment: 0 acknowledged cells are lost, and the relay is back in under 2 s',
  { timeout: 60_000 },
  async () => {
    const data = freshFolder();
    const acknowledged = new Set<string>();
    for (let cycle = 0; cycle < 5; cycle++) {
      const started = performance.now();
      const relay = await spawnRelay(['--port', '0', '--data', data]);
      expect(performance.now() - started).toBeLessThan(2000);
      const found = await allCells(relay.url);
      for (const tag of acknowledged) expect(found.has(tag)).toBe(true);
      let running = true;
      const before = acknowledged.size;
      const writer = async (): Promise<void> => {
        while (running) {
          const cells = Array.from({ length: 8 }, () => freshCell());
          const answer = await ask(relay.url, { type: 'put', cells: cells.map(hourPut) }).catch(() => undefined);
          if (answer?.type !== 'put') return;
          for (const [i, cell] of cells.entries())
            if (answer.results[i] === 0) acknowledged.add(Buffer.from(cell.subarray(0, 16)).toString('hex'));
        }
      };
      const writers = [writer(), writer(), writer()];
      await until(() => acknowledged.size > before + 100 * (cycle + 1));
      relay.child.kill('SIGKILL');
      expect(await relay.ended).toBe('SIGKILL');
      running = false;
      await Promise.all(writers);
    }
    const relay = await spawnRelay(['--port', '0', '--data', data]);
    const found = await allCells(relay.url);
    expect(acknowledged.size).toBeGreaterThan(1500);
    expect([...acknowledged].filter((tag) => !found.has(tag))).toEqual([]);
  },
);

test('offers and claims outlive kill -9, and so does the key', { timeout: 20_000 }, async () => {
  const data = freshFolder();
  const place = new Uint8Array(32).fill(3);
  const sealed = new Uint8Array(CELL_BYTES).fill(8);
  const first = await spawnRelay(['--port', '0', '--data', data]);
  const keyOf = async (url: string): Promise<unknown> =>
    ((await (await fetch(`${url}/v1/info`)).json()) as { key: string }).key;
  const key = await keyOf(first.url);
  const offer = {
    type: 'offerPut',
    place,
    owner: new Uint8Array(32),
    token: null,
    single: true,
    ...lastingADay(),
    sealed,
  } as const;
  expect((await ask(first.url, offer))?.type).toBe('done');
  expect((await ask(first.url, { type: 'claimPut', place, id: new Uint8Array(16).fill(1), sealed }))?.type).toBe(
    'done',
  );
  first.child.kill('SIGKILL');
  await first.ended;
  const next = await spawnRelay(['--port', '0', '--data', data]);
  expect(await keyOf(next.url)).toBe(key);
  expect(await ask(next.url, { type: 'offerGet', place })).toMatchObject({ type: 'offer', expires: offer.expires });
  // The second id is refused as before: undefined stands for the 409.
  expect(await ask(next.url, { type: 'claimPut', place, id: new Uint8Array(16).fill(2), sealed })).toBeUndefined();
});

test('SIGTERM says goodbye and ends within 5 s, with connections open', { timeout: 15_000 }, async () => {
  const relay = await spawnRelay(['--port', '0', '--data', freshFolder()]);
  const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`);
  await new Promise((resolve) => socket.once('open', resolve));
  const goodbye = new Promise<number>((resolve) => socket.once('close', resolve));
  // A request whose body never comes is no reason to stay.
  const hanging = connect(relay.port, '127.0.0.1');
  atEnd(() => hanging.destroy());
  hanging.on('error', () => undefined);
  await new Promise((resolve) =>
    hanging.write(
      'POST /v1/cells HTTP/1.1\r\nhost: x\r\ncontent-type: application/cbor\r\ncontent-length: 100\r\n\r\nabc',
      resolve,
    ),
  );
  const started = performance.now();
  relay.child.kill('SIGTERM');
  expect(await goodbye).toBe(1001);
  expect(await relay.ended).toBe(0);
  expect(performance.now() - started).toBeLessThan(5000);
  expect(relay.output()).toContain('"event":"stopped"');
});

test(
  'a taken port, a folder in use, a folder that is none, a misspelt option: one line with the next step',
  { timeout: 40_000 },
  async () => {
    const data = freshFolder();
    const relay = await spawnRelay(['--port', '0', '--data', data]);
    const run = (...args: readonly string[]): { readonly status: number | null; readonly stderr: string } =>
      spawnSync(
        process.execPath,
        [new URL('../src/main.ts', import.meta.url).pathname, '--host', '127.0.0.1', ...args],
        { encoding: 'utf8', env: {} },
      );
    for (const [args, status, message] of [
      [
        ['--port', String(relay.port), '--data', freshFolder()],
        1,
        /^Port \d+ is taken by another program\. Choose another port with --port N \(or KITH_PORT\)\.\n$/,
      ],
      [['--port', '0', '--data', data], 1, /^Another relay uses .*--data DIR\.\n$/],
      [['--port', '0', '--data', '/dev/null/x'], 1, /^The data folder \/dev\/null\/x cannot be used .*\n$/],
      [['--prot', '0'], 2, /^Unknown option '--prot'.*\n$/],
      [['--cell-burst', 'many'], 2, /^cell-burst is a number .*\n$/],
      [['--public-url', 'https://kith.example/path'], 2, /^public-url is an address without a path.*\n$/],
      [['--config', '/nowhere.json'], 2, /^The configuration \/nowhere\.json cannot be read \(ENOENT\).*\n$/],
      [['--web-root', data, '--port', '0', '--data', freshFolder()], 1, /^There is no web app in .*\n$/],
    ] as const) {
      const got = run(...args);
      expect(got.stderr).toMatch(message);
      expect(got.status).toBe(status);
    }
  },
);

test('S1.16 hour and day buckets are wiped on time: the files are gone, and no byte of a cell is left in the folder', async () => {
  const data = freshFolder();
  let now = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const start = now;
  const relay = await freshRelay({ data, now: () => now });
  const [hourly, daily] = [freshCell(), freshCell()];
  hourly.fill(0xa5, 100);
  daily.fill(0xb6, 100);
  await ask(relay.url, { type: 'put', cells: [hourPut(hourly), { cell: daily, bucket: BUCKETS.day, live: false }] });
  const contains = (pattern: number): boolean =>
    filesUnder(data).some((file) => readFileSync(file).includes(Buffer.alloc(64, pattern)));
  const at = (ms: number): readonly boolean[] => {
    now = start + ms;
    relay.wipe();
    return [contains(0xa5), contains(0xb6)];
  };
  expect(at(2 * HOUR_MS - 1)).toEqual([true, true]);
  expect(at(2 * HOUR_MS)).toEqual([false, true]);
  expect(at(2 * DAY_MS - 1)).toEqual([false, true]);
  expect(at(2 * DAY_MS)).toEqual([false, false]);
  expect(filesUnder(join(data, 'cells'))).toEqual([]);
});

test('what fell due while the relay was off goes before it listens', async () => {
  const data = freshFolder();
  let now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const first = await startRelay({ port: 0, host: '127.0.0.1', data, now: () => now });
  await ask(first.url, { type: 'put', cells: [hourPut(freshCell())] });
  await first.close();
  expect(filesUnder(join(data, 'cells')).length).toBe(1);
  now += 2 * HOUR_MS;
  await freshRelay({ data, now: () => now });
  expect(filesUnder(join(data, 'cells'))).toEqual([]);
});

test('dump: files and log of a busy relay hold no address, and the log no tag, place or token', async () => {
  const data = freshFolder();
  const logger = lines();
  const relay = await freshRelay({ data, behindProxy: true, logger });
  const address = '203.0.113.77';
  const cell = freshCell(0xc3);
  const place = new Uint8Array(32).fill(0x5d);
  const token = new Uint8Array(32).fill(0x6e);
  const send = (path: string, body: Uint8Array): Promise<Response> =>
    fetch(relay.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor', 'x-forwarded-for': address, 'user-agent': 'canary-agent' },
      body: Uint8Array.from(body),
    });
  expect(
    (await send('/v1/cells', encode(relayRequestCodec, { type: 'put', cells: [{ ...hourPut(cell), live: true }] })))
      .status,
  ).toBe(200);
  const sealed = new Uint8Array(CELL_BYTES);
  await send(
    '/v1/rendezvous',
    encode(relayRequestCodec, {
      type: 'offerPut',
      place,
      owner: new Uint8Array(32),
      token,
      single: true,
      ...lastingADay(),
      sealed,
    }),
  );
  await send('/v1/rendezvous', encode(relayRequestCodec, { type: 'claimsGet', place, token }));
  await send('/v1/cells', new Uint8Array(3));
  await relay.close();
  const stored = Buffer.concat(filesUnder(data).map((file) => readFileSync(file)));
  const names = filesUnder(data).join('\n');
  const logged = logger.logged.join('\n');
  expect(logged).toContain('started');
  // The control: the cell itself is in the files, so the search would find things.
  expect(stored.includes(Buffer.from(cell.subarray(0, 16)))).toBe(true);
  const forms = (bytes: Uint8Array): readonly Buffer[] => [
    Buffer.from(bytes),
    Buffer.from(Buffer.from(bytes).toString('hex')),
    Buffer.from(Buffer.from(bytes).toString('base64').slice(0, 20)),
  ];
  for (const canary of [Buffer.from(address), Buffer.from([203, 0, 113, 77]), Buffer.from('canary-agent')]) {
    expect(stored.includes(canary)).toBe(false);
    expect(logged.includes(canary.toString())).toBe(false);
    expect(names.includes(canary.toString())).toBe(false);
  }
  for (const form of forms(token)) expect(stored.includes(form)).toBe(false);
  for (const secret of [cell.subarray(0, 16), place, token])
    for (const form of forms(secret)) expect(Buffer.from(logged).includes(form)).toBe(false);
});

const tmpfs = (size: string): string | undefined => {
  const folder = join(freshFolder(), 'full');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  if (mounted.status !== 0) return undefined;
  atEnd(() => execFileSync('umount', ['-l', folder]));
  return folder;
};

test(
  'a disk that is full: 507, nothing taken is lost, and the relay lives on',
  { timeout: 20_000 },
  async (context) => {
    const data = tmpfs('1m');
    if (data === undefined) {
      console.log('skipped: mounting a tmpfs needs root');
      context.skip();
      return;
    }
    const relay = await startRelay({ port: 0, host: '127.0.0.1', data });
    const taken = new Set<string>();
    let sawFull = false;
    for (let i = 0; i < 100 && !sawFull; i++) {
      const cells = Array.from({ length: 8 }, () => freshCell());
      const response = await fetch(`${relay.url}/v1/cells`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor' },
        body: Uint8Array.from(encode(relayRequestCodec, { type: 'put', cells: cells.map(hourPut) })),
      });
      if (response.status === 507) sawFull = response.headers.get('retry-after') !== null;
      else {
        const answer = decode(relayResponseCodec, new Uint8Array(await response.arrayBuffer()));
        if (answer?.type === 'put')
          for (const [n, cell] of cells.entries())
            if (answer.results[n] === 0) taken.add(Buffer.from(cell.subarray(0, 16)).toString('hex'));
      }
    }
    expect(sawFull).toBe(true);
    expect(taken.size).toBeGreaterThan(100);
    // Little room may be left after the last batch; offers use it up, and then they are refused too.
    const offers: (string | undefined)[] = [];
    for (let i = 1; i <= 20; i++) {
      const offer = {
        type: 'offerPut',
        place: new Uint8Array(32).fill(i),
        owner: new Uint8Array(32),
        token: null,
        single: true,
        ...lastingADay(),
      } as const;
      offers.push((await ask(relay.url, { ...offer, sealed: new Uint8Array(4 * CELL_BYTES) }))?.type);
    }
    expect(offers.at(-1)).toBeUndefined();
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
    const found = await allCells(relay.url);
    expect([...taken].filter((tag) => !found.has(tag))).toEqual([]);
    await relay.close();
    // What it wrote is found again by the next start, still without room.
    const next = await startRelay({ port: 0, host: '127.0.0.1', data });
    expect((await allCells(next.url)).size).toBe(taken.size);
    await next.close();
  },
);

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
test(
  'behind nginx, as docs/guides/behind-nginx.md says: requests, live cells and the address of the client',
  { timeout: 20_000 },
  async (context) => {
    if (nginx === undefined) {
      console.log('skipped: nginx is not installed (apt-get install nginx-light)');
      context.skip();
      return;
    }
    const relay = await freshRelay({ behindProxy: true, limits: { cells: { perMinute: 1, burst: 3 } } });
    const folder = freshFolder();
    const guide = readFileSync(new URL('../../../docs/guides/behind-nginx.md', import.meta.url), 'utf8');
    const block = /```nginx\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    expect(block).toContain('proxy_pass');
    const port = await freePort();
    // The guide's own block, without what only a public machine has: its name, its certificate, port 443.
    const server = block
      .replace(/listen 443 ssl;/, `listen 127.0.0.1:${port};`)
      .replace(/^\s*(listen \[::\]|ssl_certificate|http2).*$/gm, '')
      .replaceAll('127.0.0.1:4680', `127.0.0.1:${relay.port}`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join('\n');
    const root = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(
      join(folder, 'nginx.conf'),
      `${root}\ndaemon off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\n${temporary}\naccess_log off;\n${server}\n}\n`,
    );
    const child = spawn(nginx, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    atEnd(() => void child.kill('SIGTERM'));
    const url = `http://127.0.0.1:${port}`;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(said);
      return (await fetch(`${url}/healthz`).catch(() => undefined))?.status === 200;
    });
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    const reader = createNodeTransport();
    atEnd(() => reader.close());
    reader.allow([url]);
    const got: Uint8Array[] = [];
    let online = false;
    reader.onEvent((event) => {
      if (event.type === 'online') online = true;
      if (event.type === 'cell') got.push(event.cell);
    });
    reader.listen([url], [{ bits: 10, prefix: Uint8Array.of(0x40, 0) }]);
    await until(() => online);
    const cell = freshCell(0x40);
    // A forged header does not dodge the limit: nginx puts the address it saw behind it.
    const put = (one: Uint8Array, forged: string): Promise<number> =>
      fetch(`${url}/v1/cells`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor', 'x-forwarded-for': forged },
        body: Uint8Array.from(
          encode(relayRequestCodec, { type: 'put', cells: [{ cell: one, bucket: BUCKETS.hour, live: true }] }),
        ),
      }).then(({ status }) => status);
    expect(await put(cell, '198.51.100.1')).toBe(200);
    await until(() => got.length === 1);
    expect(Buffer.from(got[0] as Uint8Array).equals(Buffer.from(cell))).toBe(true);
    expect([
      await put(freshCell(), '198.51.100.2'),
      await put(freshCell(), '198.51.100.3'),
      await put(freshCell(), '198.51.100.4'),
    ]).toEqual([200, 200, 429]);
  },
);

test('the configuration of docs/guides/run-a-relay.md is understood, and one with a misspelt name is not', () => {
  const guide = readFileSync(new URL('../../../docs/guides/run-a-relay.md', import.meta.url), 'utf8');
  const json = /```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
  const file = join(freshFolder(), 'relay.json');
  writeFileSync(file, json);
  expect(
    readRelayOptions(['--config', file, '--port', '1234'], { KITH_NAME: 'From the environment', KITH_PORT: '99' }),
  ).toMatchObject({
    port: 1234,
    name: 'From the environment',
    data: '/var/lib/kith-relay',
    publicUrl: 'https://kith.example',
    behindProxy: true,
    limits: { cells: { perMinute: 120, burst: 600 }, connections: 12_000 },
  });
  for (const misspelt of [
    json.replace('"burst"', '"brust"'),
    json.replace('"behindProxy"', '"behindproxy"'),
    json.replace('12000', '"many"'),
    '{"limits":null}',
    '{"limits":7}',
    '{"limits":{"toString":{"perMinute":1,"burst":1}}}',
    '{"roles":[{"toString":1}]}',
  ]) {
    writeFileSync(file, misspelt);
    expect(() => readRelayOptions(['--config', file], {})).toThrow(RelayStartError);
  }
  expect(readRelayOptions([], { KITH_DATA: '/data' }).data).toBe('/data/relay');
});
