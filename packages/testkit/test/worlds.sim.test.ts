// The share of `npm test` in the simulator's worlds: the command itself, on all processors, with nothing beside it.
import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

const WORLDS = 10_000;
const COMMAND = new URL('../src/sim/main.ts', import.meta.url).pathname;

const run = (): Promise<{ readonly status: number; readonly lines: readonly string[] }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [COMMAND, '--seeds', String(WORLDS)], (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, lines: `${stdout}${stderr}`.trimEnd().split('\n') }),
    );
  });
const numbersIn = (line = ''): readonly number[] =>
  Array.from(line.matchAll(/\d+(?:\.\d+)?/g), ([digits]) => Number(digits));
/** Lines of the table say how often something was reached; worlds that failed, and what was reached too seldom, stand after it. */
const isOfTable = (line: string): boolean => / %\s+\d+ {2}\S/.test(line);

test(`${WORLDS} small worlds end well, with the means of a world and every fault and oracle reached in one of a hundred`, async () => {
  const { status, lines } = await run();
  expect(lines.slice(3).filter((line) => !isOfTable(line))).toEqual(['Nothing found.']);
  expect(status).toBe(0);
  expect(numbersIn(lines[0])[0]).toBe(WORLDS);
  const [messages, faults, restarts, wipes] = numbersIn(lines[1]);
  expect(messages).toBeGreaterThanOrEqual(40);
  expect(faults).toBeGreaterThanOrEqual(5);
  expect(restarts).toBeGreaterThanOrEqual(2);
  expect(wipes).toBeGreaterThanOrEqual(1);
  const [evil] = numbersIn(lines.find((line) => line.endsWith('  evil actor')));
  expect(evil).toBeGreaterThanOrEqual(50);
}, 600_000);
