// Files for a browser that has none: WebKitGTK 2.50 offers `createSyncAccessHandle` and refuses it ("Backend does not support
// this operation"), so the engine's worker gets one that keeps its bytes here. A double at the port of files; all else is real.
// It takes no exclusive locks: for one tab.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Runs in the worker before the engine; other browsers on the same page keep their own files. `LENDER` is the address. */
const BORROW = `
if (/AppleWebKit.605/.test(navigator.userAgent)) FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
  const ask = (change, body) => {
    const request = new XMLHttpRequest();
    request.open('POST', 'LENDER/' + encodeURIComponent(this.name) + '?' + change, false);
    request.responseType = 'arraybuffer';
    request.send(body);
    return request.response;
  };
  let bytes = new Uint8Array(ask('read'));
  const resize = (size) => {
    const next = new Uint8Array(size);
    next.set(bytes.subarray(0, size));
    bytes = next;
  };
  return {
    read: (into, { at = 0 } = {}) => {
      const part = bytes.subarray(at, at + into.byteLength);
      new Uint8Array(into.buffer ?? into, into.byteOffset ?? 0, into.byteLength).set(part);
      return part.length;
    },
    write: (from, { at = 0 } = {}) => {
      const part = new Uint8Array(from.buffer ?? from, from.byteOffset ?? 0, from.byteLength).slice();
      if (at + part.length > bytes.length) resize(at + part.length);
      bytes.set(part, at);
      ask('at=' + at, part);
      return part.length;
    },
    truncate: (size) => {
      resize(size);
      ask('size=' + size);
    },
    getSize: () => bytes.length,
    flush: () => undefined,
    close: () => undefined,
  };
};
`;

export interface LentFiles {
  /** How many files have bytes. */
  readonly count: number;
  close(): Promise<void>;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Copies the built web app to `into`, with a worker that borrows its files from here. */
export const lendFiles = async (webRoot: string, into: string): Promise<LentFiles> => {
  const files = new Map<string, Buffer>();
  const resized = (name: string, size: number): Buffer => {
    const next = Buffer.alloc(size);
    files.get(name)?.copy(next);
    files.set(name, next);
    return next;
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lender');
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const [at, size] = [searchParams.get('at'), searchParams.get('size')];
      if (size !== null) resized(pathname, Number(size));
      if (at !== null) {
        const body = Buffer.concat(pieces);
        const length = Math.max(files.get(pathname)?.length ?? 0, Number(at) + body.length);
        body.copy(resized(pathname, length), Number(at));
      }
      response.writeHead(200, { 'access-control-allow-origin': '*' });
      response.end(searchParams.has('read') ? files.get(pathname) : undefined);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lender = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  cpSync(webRoot, into, { recursive: true });
  const name = readdirSync(join(into, 'assets')).find((file) => /^engine-worker-.*\.js$/.test(file));
  if (name === undefined) throw new Error('the built web app has no engine-worker');
  const worker = join(into, 'assets', name);
  const before = readFileSync(worker, 'utf8');
  const after = BORROW.replaceAll('LENDER', lender) + before;
  writeFileSync(worker, after);
  // The service worker takes only files with the hashes of its list.
  const list = join(into, 'sw.js');
  writeFileSync(list, readFileSync(list, 'utf8').replace(hashOf(before), hashOf(after)));
  return {
    get count() {
      return [...files.values()].filter(({ length }) => length > 0).length;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
