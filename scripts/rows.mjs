// `npm run rows`: for every row of docs/rows.json the tests that carry its id in their name, and what the last run said.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stop } from './install.mjs';

const last = join(root, '.results', 'last.json');
if (!existsSync(last)) stop('There is no test run to read.', 'Run: npm test');
const { tests, narrowed } = JSON.parse(readFileSync(last, 'utf8'));
const rows = JSON.parse(readFileSync(join(root, 'docs', 'rows.json'), 'utf8'));

const carries = (name, id) => new RegExp(`(^|[^A-Za-z0-9.])${id.replace('.', '\\.')}(?![0-9.]*[0-9])`).test(name);
if (narrowed) console.log('(the last run was narrowed: run `npm test` for all)');
const counts = { passed: 0, failed: 0, none: 0 };
for (const { id, row, same } of rows) {
  const found = tests.filter(
    ({ name, state }) => state !== 'skipped' && (carries(name, id) || (same !== undefined && carries(name, same))),
  );
  const state = found.length === 0 ? 'none' : found.some((test) => test.state === 'failed') ? 'failed' : 'passed';
  counts[state]++;
  const shown = found.find((test) => test.state === state) ?? { name: '-', file: '' };
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  console.log([id.padEnd(6), state.padEnd(6), row, `${shown.name}${more}`, shown.file].join('\t'));
}
console.log(`${rows.length} rows: ${counts.passed} passed, ${counts.failed} failed, ${counts.none} without a test`);
