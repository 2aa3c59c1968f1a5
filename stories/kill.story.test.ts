import { beforeAll, expect, test } from 'vitest';
import { killCycles, median } from './support/kill.ts';
import { build } from '../apps/cli/test/support/processes.ts';

beforeAll(build);

// 300 times in the long form.
for (const what of ['client', 'relay'] as const) {
  test(`kill -9 of the ${what}, 15 times: nothing acknowledged is lost, nothing is shown twice, it starts in under 2 s`, async () => {
    const report = await killCycles(what, 15);
    expect(report).toMatchObject({ cycles: 15, lost: [], twice: [] });
    expect(report.acknowledged).toBeGreaterThan(100);
    expect(median(report)).toBeLessThan(2000);
    console.log(
      `${what}: ${report.acknowledged} acknowledged; starts ${Math.round(median(report))} ms, at most ${Math.round(report.starts.at(-1) ?? 0)} ms`,
    );
  });
}
