// `npm run cddl`: writes the CDDL that the codecs print into the pages of the specification; with --check it only compares.
// A marker `<!-- cddl: name name -->` before a block names the formats the block begins with; a block without one shows the
// formats it already names. Either way the page shows everything those refer to, each once.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecsIn, rulesOf } from '../packages/testkit/src/codec-registry.ts';
import { root } from './install.mjs';

const core = join(root, 'packages/core/src');
const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const modules = await Promise.all(files.map(async (name) => [name, await import(join(core, name))]));
const rules = rulesOf(codecsIn(Object.fromEntries(modules)));

const BLOCK = /(?:<!-- cddl: ([a-z0-9 -]+) -->\n+)?```cddl\n([\s\S]*?)```/g;
/** Names that a definition refers to, in the order they stand in it; names of fields are followed by a colon. */
const refersTo = (cddl) =>
  [...cddl.matchAll(/[a-z][a-z0-9-]*(?![A-Za-z0-9-]*:)(?![a-z0-9-])/g)]
    .map(([name]) => name)
    .filter((name) => rules.has(name));

const problems = [];
let changed = 0;
/** `shown`: what earlier blocks of the page have. */
const rewrite = (page, shown, marker, body) => {
  const names =
    marker?.split(' ').filter(Boolean) ?? body.split('\n').flatMap((line) => /^([a-z0-9-]+) = /.exec(line)?.[1] ?? []);
  const block = [];
  const show = (name) => {
    if (!rules.has(name)) return void problems.push(`${page} names a format "${name}" that no codec has`);
    if (shown.has(name)) return;
    shown.add(name);
    block.push(name);
  };
  names.forEach(show);
  for (const name of block) refersTo(rules.get(name)).forEach(show);
  return block.map((name) => `${name} = ${rules.get(name)}\n`).join('');
};

const seen = new Set();
for (const page of readdirSync(join(root, 'spec')).filter((name) => name.endsWith('.md'))) {
  const path = join(root, 'spec', page);
  const before = readFileSync(path, 'utf8');
  const shown = new Set();
  const after = before.replace(BLOCK, (_, marker, body) => {
    const block = rewrite(page, shown, marker, body);
    return `${marker === undefined ? '' : `<!-- cddl: ${marker} -->\n`}\`\`\`cddl\n${block}\`\`\``;
  });
  for (const name of shown) seen.add(name);
  if (after === before) continue;
  changed++;
  if (process.argv.includes('--check'))
    problems.push(`${page} does not show what the codecs are (npm run cddl writes it)`);
  else writeFileSync(path, after);
}
for (const problem of problems) console.log(problem);
const local = /-(record|row)$/;
const missing = [...rules.keys()].filter((name) => !seen.has(name) && !local.test(name));
console.log(
  `${seen.size} formats shown, ${changed} pages ${process.argv.includes('--check') ? 'differ' : 'rewritten'}; of this device alone, or not shown: ${missing.join(' ') || 'none'}`,
);
process.exit(problems.length > 0 ? 1 : 0);
