// The lock file names no registry, so that an install asks the registry of whoever installs; and every package that comes
// from one has a checksum.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is wrong with the text of a package-lock.json, a line each. */
export const lockProblems = (text) => {
  const hosts = [...new Set(text.match(/https?:\/\/[^/"]+\/[^"]*\.tgz/g) ?? [])].map(
    (url) => `names a registry: ${url}`,
  );
  const bare = Object.entries(JSON.parse(text).packages)
    .filter(
      ([path, entry]) =>
        path.startsWith('node_modules/') &&
        entry.link !== true &&
        entry.inBundle !== true &&
        entry.integrity === undefined,
    )
    .map(([path]) => `has no checksum: ${path}`);
  return [...hosts, ...bare];
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = lockProblems(readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8'));
  for (const problem of problems) console.log(`package-lock.json ${problem}`);
  process.exit(problems.length > 0 ? 1 : 0);
}
