// `npm run long -- copies`: a snapshot of a home put back a thousand times; one JSON line of figures at the end.
//   node packages/testkit/src/copies-main.ts [--restores N] [--seed S]
import { parseArgs } from 'node:util';
import { restoreAgainAndAgain } from './restored-copies.ts';

const { values } = parseArgs({
  options: { restores: { type: 'string', default: '1000' }, seed: { type: 'string', default: '5' } },
});
const { sealed, repeated, failures } = restoreAgainAndAgain(Number(values.restores), false, Number(values.seed));
for (const failure of failures) console.error(failure);
console.log(JSON.stringify({ long: 'copies', restores: Number(values.restores), sealed, repeated }));
process.exit(repeated > 0 || failures.length > 0 ? 1 : 0);
