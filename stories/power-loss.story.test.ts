import { beforeAll, expect, test } from 'vitest';
import { build } from '../apps/cli/test/support/processes.ts';
import { clientStates, relayStates } from './support/power-loss.ts';

beforeAll(build);

// 250 each in the long form.
for (const [what, run] of [
  ['client', clientStates],
  ['relay', relayStates],
] as const) {
  test(`power loss at 36 moments of a recorded ${what}: its disk opens, and what was acknowledged is there`, async () => {
    const report = await run(36);
    expect(report).toMatchObject({ states: 36, wrong: [] });
    expect(report.acknowledged).toBeGreaterThan(30);
    expect(report.steps).toBeGreaterThan(100);
    console.log(`${what}: ${report.steps} steps recorded, ${report.acknowledged} acknowledged`);
  });
}
