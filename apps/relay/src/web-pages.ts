// The built web app. Only files that were there at the start are served, under exactly their names: no path of a request
// ever reaches the file system.
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { RelayStartError } from './errors.ts';
import { pageHeaders } from './headers.ts';
import { problem, sendProblem } from './problem.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.wasm', '.txt']);
/** Addresses of invitations and device links: the app itself, which reads the fragment. */
const APP_PATHS = new Set(['/', '/i', '/d']);
/** The build puts a hash of the content into these names, so that they never change under their name. */
const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

interface Page {
  readonly path: string;
  readonly body: Buffer;
  readonly etag: string;
  gzip: Buffer | undefined;
}
export interface WebPages {
  /** Answers, also when there is no such page; returns the bytes of the body. */
  serve(request: IncomingMessage, response: ServerResponse, path: string): number;
}

const filesIn = (root: string, under: string): readonly string[] =>
  readdirSync(join(root, under), { withFileTypes: true }).flatMap((entry) => {
    const path = `${under}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, path);
    return entry.isFile() && TYPES[extname(entry.name)] !== undefined ? [path] : [];
  });

export const loadWebPages = (root: string, onLoopback: boolean): WebPages => {
  const pages = new Map<string, Page>();
  try {
    for (const path of filesIn(root, '')) {
      const body = readFileSync(join(root, path));
      pages.set(path, {
        path,
        body,
        etag: `"${crc32(body).toString(16)}-${body.length.toString(16)}"`,
        gzip: undefined,
      });
    }
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RelayStartError(
      'web',
      `The web app in ${root} cannot be read (${why}).`,
      'Run `npm run build`, or serve none with --web off.',
    );
  }
  if (!pages.has('/index.html')) {
    throw new RelayStartError(
      'web',
      `There is no web app in ${root}.`,
      'Run `npm run build`, or serve none with --web off.',
    );
  }
  const security = pageHeaders(onLoopback);

  return {
    serve: (request, response, path) => {
      const page = pages.get(APP_PATHS.has(path) ? '/index.html' : path);
      if (page === undefined) {
        sendProblem(response, problem('not-found'));
        return 0;
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        sendProblem(response, problem('method'));
        return 0;
      }
      const type = extname(page.path);
      const headers: Record<string, string> = {
        ...security,
        'content-type': TYPES[type] ?? 'application/octet-stream',
        'cache-control': HASHED.test(page.path) ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag: page.etag,
        vary: 'accept-encoding',
      };
      if (request.headers['if-none-match'] === page.etag) {
        response.writeHead(304, headers).end();
        return 0;
      }
      let body = page.body;
      if (COMPRESSIBLE.has(type) && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
        page.gzip ??= gzipSync(page.body);
        body = page.gzip;
        headers['content-encoding'] = 'gzip';
      }
      response
        .writeHead(200, { ...headers, 'content-length': body.length })
        .end(request.method === 'HEAD' ? undefined : body);
      return body.length;
    },
  };
};
