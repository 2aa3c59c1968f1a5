// What the relay has for the fuzzer: its door over HTTP and WebSockets, its options, and the files of its folder.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat } from '@kith/core/bytes';
import { encode } from '@kith/core/codec';
import { BUCKETS, CELL_BYTES, relayRequestFrame } from '@kith/core/ports';
import type { Target, Targets } from '@kith/testkit/fuzz/guided';
import { WebSocket } from 'ws';
import { directAddress } from '../src/address.ts';
import { readRelayOptions } from '../src/config.ts';
import { openDataFolder } from '../src/data-folder.ts';
import { RelayStartError } from '../src/errors.ts';
import { startRelay } from '../src/index.ts';
import { openPlaceFiles } from '../src/place-files.ts';
import { openSegmentLog } from '../src/segment-log.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const lossy = new TextDecoder();

/** `folder`: emptied by whoever asks. */
const optionTargets = (folder: string): readonly Target[] => {
  const path = join(folder, 'relay.json');
  return [
    {
      name: 'the configuration of a relay',
      seeds: [
        { port: 4680, lan: true, name: 'R', roles: ['live', 'web'], publicUrl: 'https://kith.example' },
        { limits: { cells: { perMinute: 1, burst: 2 }, connections: 3 }, durability: 'power', webRoot: '/x' },
      ].map((config) => utf8(JSON.stringify(config))),
      words: ['null', '"limits":', '{"toString":1}', '"roles":[{"toString":1}]', '"cells":', '"burst":-1', '1e400'].map(
        utf8,
      ),
      run: (data) => {
        writeFileSync(path, data);
        try {
          return readRelayOptions(['--config', path], { HOME: folder });
        } catch (error) {
          if (error instanceof RelayStartError) return undefined;
          throw error;
        }
      },
    },
    {
      name: 'flags and variables of a relay',
      seeds: ['--port 1 --lan --roles live,web', '--public-url https://a.b --name x', '--web off --cell-burst 5'].map(
        utf8,
      ),
      words: ['--', '--config', '-1', '=', '--port', 'http://[::1', '--roles'].map(utf8),
      run: (data) => {
        const words = lossy.decode(data).split(' ');
        try {
          return readRelayOptions(data.length % 3 === 0 ? [] : words, {
            HOME: folder,
            KITH_PORT: words[1],
            KITH_PUBLIC_URL: words[0],
          });
        } catch (error) {
          if (error instanceof RelayStartError) return undefined;
          throw error;
        }
      },
    },
    {
      name: 'an address',
      seeds: ['127.0.0.1', '::1', 'fe80::1%eth0', '::ffff:1.2.3.4', '2001:db8::1'].map(utf8),
      run: (data) => directAddress(lossy.decode(data)).isLocal || undefined,
    },
  ];
};

const fileTargets = (folder: string): readonly Target[] => {
  const cells = join(folder, 'cells');
  const hour = join(cells, 'hour', '491234');
  const place = join(folder, 'places');
  const home = join(folder, 'home');
  mkdirSync(hour, { recursive: true });
  mkdirSync(place, { recursive: true });
  mkdirSync(home, { recursive: true });
  const magic = utf8('KITHCEL1');
  return [
    {
      name: 'a file of cells',
      seeds: [magic, concat(magic, new Uint8Array(CELL_BYTES + 4)), concat(magic, new Uint8Array(2 * CELL_BYTES))],
      slowMs: 300,
      run: async (data) => {
        writeFileSync(join(hour, '0-0.cells'), data);
        try {
          const log = openSegmentLog(cells, 'process');
          const { cells: found } = log.tail({ kind: BUCKETS.hour, period: 491_234, bits: 0, prefix: 0 }, 0, 16);
          log.visit(() => undefined);
          await log.close();
          return found[0];
        } catch (error) {
          // Another program's file: it says so, and writes nothing into it.
          if (error instanceof Error && error.message === 'a cell file of another version') return undefined;
          throw error;
        }
      },
    },
    {
      name: 'a file of a place',
      seeds: [new Uint8Array(10)],
      slowMs: 300,
      run: (data) => {
        writeFileSync(join(place, `${'ab'.repeat(32)}.place`), data);
        let found = 0;
        openPlaceFiles(place, 'process').visit(() => found++);
        return found;
      },
    },
    {
      name: 'the key and the lock of a relay',
      seeds: [new Uint8Array(32), utf8(String(process.pid)), utf8('1')],
      slowMs: 300,
      run: (data) => {
        rmSync(join(home, 'relay.key'), { force: true });
        writeFileSync(join(home, data.length % 2 === 0 ? 'relay.key' : 'lock'), data);
        try {
          const opened = openDataFolder(home);
          opened.seed.wipe();
          opened.unlock();
          return opened;
        } catch (error) {
          rmSync(join(home, 'lock'), { force: true });
          if (error instanceof RelayStartError) return undefined;
          throw error;
        }
      },
    },
  ];
};

const doorTargets = async (...[randomness, atEnd]: Parameters<Targets>): Promise<readonly Target[]> => {
  const relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    limits: { loopbackFactor: 100_000, memoryBytes: 2 ** 40, connections: 1_000_000 },
  });
  const { port } = new URL(relay.url);
  const head = 'host: relay\r\naccept: application/json\r\nconnection: close\r\n';
  const get = (path: string): Uint8Array =>
    utf8(`GET ${path} HTTP/1.1\r\n${head}range: bytes=0-10\r\nif-none-match: "a"\r\n\r\n`);
  const post = (path: string, type: string, body: Uint8Array): Uint8Array =>
    concat(
      utf8(`POST ${path} HTTP/1.1\r\n${head}content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`),
      body,
    );
  const put = {
    type: 'put',
    cells: [{ cell: randomness.bytes(CELL_BYTES), bucket: BUCKETS.hour, live: true }],
  } as const;
  const asked = encode(relayRequestFrame, { number: 1, body: put });
  let live: WebSocket | undefined;
  atEnd(() => {
    live?.terminate();
    return relay.close();
  });
  const connected = async (): Promise<WebSocket> => {
    if (live?.readyState === WebSocket.OPEN) return live;
    live = new WebSocket(`${relay.url.replace('http', 'ws')}/v1/live`);
    live.on('error', () => undefined);
    await once(live, 'open');
    return live;
  };
  return [
    {
      name: 'requests over HTTP, byte for byte',
      seeds: [
        get('/v1/info'),
        get('/v1/buckets/hour/491234/8/ff/0'),
        get('/v1/buckets/day/20454/0/-/0'),
        get('/healthz'),
        get('/metrics'),
        post('/v1/cells', 'application/json', utf8('{"type":"put","cells":[{"cell":"AAAA","bucket":0,"live":false}]}')),
        post('/v1/rendezvous', 'application/cbor', encode(relayRequestFrame, { number: 1, body: { type: 'info' } })),
        utf8(`OPTIONS /v1/cells HTTP/1.1\r\n${head}\r\n`),
      ],
      words: [
        '\r\n',
        'transfer-encoding: chunked\r\n',
        'upgrade: websocket\r\n',
        '%00',
        '../',
        'content-length: 9\r\n',
      ].map(utf8),
      worth: 10,
      slowMs: 500,
      run: async (data) => {
        const socket = connect(Number(port), '127.0.0.1');
        let answer = '';
        socket.on('data', (part) => void (answer += part.toString('latin1')));
        socket.on('error', () => undefined);
        socket.end(data);
        await once(socket, 'close');
        if (answer === '') return undefined;
        const status = /^HTTP\/1\.1 ([1-5]\d\d) /.exec(answer)?.[1];
        if (status === undefined || status >= '500') throw new Error(`it answers ${answer.slice(0, 60)}`);
        return status < '300' ? status : undefined;
      },
    },
    {
      name: 'frames over a WebSocket',
      seeds: [asked, encode(relayRequestFrame, { number: 2, body: { type: 'info' } })],
      worth: 8,
      slowMs: 500,
      run: async (data) => {
        const socket = await connected();
        const done = new AbortController();
        const { signal } = done;
        const outcome = Promise.race([
          once(socket, 'message', { signal }).then(() => true as const),
          once(socket, 'close', { signal }).then(() => undefined),
        ]);
        socket.send(data);
        const answered = await outcome;
        done.abort();
        return answered;
      },
    },
    {
      name: 'the relay after all that',
      seeds: [],
      run: async () => {
        if ((await fetch(`${relay.url}/healthz`)).status !== 200) throw new Error('it is not well');
      },
    },
  ];
};

export const targets: Targets = async (randomness, atEnd) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-relay-fuzz-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return [...optionTargets(folder), ...fileTargets(folder), ...(await doorTargets(randomness, atEnd))];
};
