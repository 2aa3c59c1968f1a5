import { beforeAll, expect, test } from 'vitest';
import { browserKillCycles } from './support/browser-kill.ts';
import { killCycles, type KillReport } from './support/kill.ts';
import { buildApps } from './support/screens.ts';

beforeAll(buildApps);

/** Printed here; that each is under 2 s is asserted by the long form, which has the machine to itself. */
const median = ({ starts }: KillReport): number => starts[Math.floor(starts.length / 2)] ?? Number.POSITIVE_INFINITY;

// 300 times in the long form.
for (const what of ['client', 'relay'] as const) {
  test(`kill -9 of the ${what}, 8 times: nothing acknowledged is lost, nothing is shown twice, it starts again`, async () => {
    const report = await killCycles(what, 8);
    expect(report).toMatchObject({ cycles: 8, lost: [], twice: [] });
    expect(report.acknowledged).toBeGreaterThan(50);
    console.log(
      `${what}: ${report.acknowledged} acknowledged; starts ${Math.round(median(report))} ms, at most ${Math.round(report.starts.at(-1) ?? 0)} ms`,
    );
  });
}

test('kill -9 of the browser, 5 times: nothing that a screen has shown is lost, nothing is there twice, it starts again', async () => {
  const report = await browserKillCycles(5);
  expect(report).toMatchObject({ cycles: 5, lost: [], twice: [] });
  expect(report.acknowledged).toBeGreaterThan(5);
  console.log(
    `browser: ${report.acknowledged} acknowledged; starts ${Math.round(median(report))} ms, at most ${Math.round(report.starts.at(-1) ?? 0)} ms`,
  );
});
