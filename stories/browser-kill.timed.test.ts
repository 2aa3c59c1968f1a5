// Apart from all other tests: beside another story's browsers a start tells about those.
import { beforeAll, expect, test } from 'vitest';
import { browserKillCycles } from './support/browser-kill.ts';
import { median } from './support/kill.ts';
import { buildApps } from './support/screens.ts';

beforeAll(buildApps);

// 100 times in the long form.
test('kill -9 of the browser, 10 times: nothing that a screen has shown is lost, nothing is there twice, it starts in under 2 s', async () => {
  const report = await browserKillCycles(10);
  expect(report).toMatchObject({ cycles: 10, lost: [], twice: [] });
  expect(report.acknowledged).toBeGreaterThan(10);
  expect(median(report)).toBeLessThan(2000);
  console.log(
    `browser: ${report.acknowledged} acknowledged; starts ${Math.round(median(report))} ms, at most ${Math.round(report.starts.at(-1) ?? 0)} ms`,
  );
});
