// Writes sw.js last: the list of all files with their hashes, then the worker's own text.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Told to the page too, so that "About" can show which build runs. */
export function serviceWorker(root: string): Plugin {
  return {
    name: 'kith-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const built = Object.values(bundle).map((file): [string, string] => [
          `/${file.fileName}`,
          hashOf(file.type === 'chunk' ? file.code : file.source),
        ]);
        const copied = readdirSync(join(root, 'public')).map((name): [string, string] => [
          `/${name}`,
          hashOf(readFileSync(join(root, 'public', name))),
        ]);
        const files = [...built, ...copied].toSorted(([a], [b]) => (a < b ? -1 : 1));
        const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
        const text = readFileSync(join(root, 'build', 'service-worker.js'), 'utf8');
        const source = `const VERSION = 'kith-${version}';\nconst FILES = ${JSON.stringify(files)};\n${text}`;
        this.emitFile({ type: 'asset', fileName: 'sw.js', source });
        this.emitFile({ type: 'asset', fileName: 'build.json', source: `${JSON.stringify({ build: version })}\n` });
      },
    },
  };
}
