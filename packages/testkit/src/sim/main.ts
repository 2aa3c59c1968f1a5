// npm run sim: see docs/testing.md.
import { runSeed } from './run.ts';
const first = Number(process.argv[2] ?? 1), count = Number(process.argv[3] ?? 20);
const began = performance.now();
let bad = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = runSeed(seed, process.argv[4] === 'tell' ? { tell: (line) => console.log(line) } : {});
  if (result.findings.length > 0) { bad++; for (const f of result.findings.slice(0, 4)) console.log(seed, f.oracle, '|', f.words.slice(0, 400)); }
  if (count < 5) console.log(Object.fromEntries(result.counts), result.trace);
}
console.log(bad, 'bad;', ((performance.now() - began) / count).toFixed(1), 'ms/world');
