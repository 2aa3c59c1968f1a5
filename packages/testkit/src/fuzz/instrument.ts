// Loads the project's own modules with their branches told, from the moment this is called. Third parties' stay as they are.
import { registerHooks } from 'node:module';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { root } from '../plants/plant.ts';
import { withBranches } from './branches.ts';

export interface Told {
  readonly file: string;
  readonly first: number;
  readonly count: number;
}
const OWN = '{packages/{core,platform-node,platform-web},apps/{cli,relay,web}}/src/**/*.{ts,tsx}';

/** Grows as modules are loaded. Numbers are the same in each run of the same source, whatever is loaded first. */
export const tellBranches = (): readonly Told[] => {
  const told: Told[] = [];
  const sources = new Map<string, Told & { readonly code: string }>();
  let first = 0;
  for (const file of globSync(OWN, { cwd: root }).toSorted()) {
    if (file.endsWith('.d.ts')) continue;
    const path = join(root, file);
    const { code: plain, errors } = transformSync(file, readFileSync(path, 'utf8'), { sourcemap: false });
    if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message ?? ''}`);
    const { code, count } = withBranches(plain, first);
    sources.set(pathToFileURL(path).href, { file, first, count, code });
    first += count;
  }
  registerHooks({
    load: (url, context, next) => {
      if (url.endsWith('.css')) return { format: 'module', source: '', shortCircuit: true };
      const source = sources.get(url);
      if (source === undefined) return next(url, context);
      told.push(source);
      return { format: 'module', source: source.code, shortCircuit: true };
    },
  });
  return told;
};
