import { beforeAll, expect, test } from 'vitest';
import { lineSchedule } from './support/line-schedule.ts';
import { buildApps } from './support/screens.ts';

beforeAll(buildApps);

// Longer, with more of them and with a screen in the long form.
test('connections that are cut while messages overtake each other, then another relay: nothing is lost or twice, all is delivered', async () => {
  const kinds = ['cuts', 'relay replaced'];
  const report = await lineSchedule({ seed: 4, faults: 2, kinds, longestMs: 1000 });
  expect(report).toMatchObject({ lost: [], twice: [], undelivered: [] });
  for (const { fault, ms } of report.resumed) expect(ms, fault).toBeLessThan(60_000);
});
