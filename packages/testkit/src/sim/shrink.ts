// Makes a failing world small: leaves out steps as long as the same thing goes wrong, and tells what is left in plain words.
import type { Finding } from './oracles.ts';
import { allSteps, type Step, type WorldPlan } from './plan.ts';
import { runWorld, type RunOptions, type WorldResult } from './run.ts';

/** Made anew for each run: a planted bug may keep state. */
export type Options = () => RunOptions;
export interface Shrunk {
  readonly plan: WorldPlan;
  readonly result: WorldResult;
  readonly runs: number;
}
const DEFAULT_RUNS = 400;

/** The days that it follows on, whose steps may be left out as well: how many stretches of them. */
const depthOf = ({ before }: WorldPlan): number => (before?.goesOn === true ? 1 + depthOf(before) : 0);
const stepsAt = ({ steps, before }: WorldPlan, depth: number): readonly Step[] =>
  depth === 0 || before === undefined ? steps : stepsAt(before, depth - 1);
const withSteps = (plan: WorldPlan, depth: number, steps: readonly Step[]): WorldPlan =>
  depth === 0 || plan.before === undefined
    ? { ...plan, steps }
    : { ...plan, before: withSteps(plan.before, depth - 1, steps) };

/** Undefined when the world ends well. What comes out fails by the same oracle, and each step that is left is needed. */
export const shrink = (plan: WorldPlan, options: Options, maxRuns = DEFAULT_RUNS): Shrunk | undefined => {
  let runs = 0;
  const live = (tried: WorldPlan): WorldResult => {
    runs++;
    return runWorld(tried, options());
  };
  let least = plan;
  let best = live(plan);
  const oracle = best.findings[0]?.oracle;
  if (oracle === undefined) return undefined;
  for (let depth = 0; depth <= depthOf(plan); depth++)
    for (let size = Math.ceil(stepsAt(least, depth).length / 2); runs < maxRuns;) {
      let smaller = false;
      for (let from = 0; from < stepsAt(least, depth).length && runs < maxRuns;) {
        const steps = stepsAt(least, depth);
        const tried = withSteps(least, depth, [...steps.slice(0, from), ...steps.slice(from + size)]);
        const result = live(tried);
        if (result.findings.some((finding) => finding.oracle === oracle)) {
          least = tried;
          best = result;
          smaller = true;
        } else from += size;
      }
      if (size <= 1 && !smaller) break;
      size = Math.max(1, Math.floor(size / 2));
    }
  return { plan: least, result: best, runs };
};

/** What each oracle expects, as a person would say it. */
const EXPECTED: Readonly<Record<string, string>> = {
  'every wait ends':
    'Once the faults are over everything that was asked for is answered, and nothing is owed any more.',
  'nothing acknowledged is lost': 'Every text that was taken stands on every device of both people.',
  'timers take nothing too early':
    'A text with a timer is shown until its time is over, and no wrong clock and no relay destroys it before.',
  'nothing is shown twice': 'Nobody is shown or told anything twice.',
  'equal order': 'Both sides show the same lines in the same order.',
  'deleted stays deleted': 'What was deleted is gone, from the screen and from the disk.',
  'equal safety words': 'Both sides have the same safety words.',
  'everything is delivered': 'What was written is known to have arrived.',
  'no removed author acts': 'What a removed device writes is shown by nobody who has heard of the removal.',
  'own devices are equal': "One person's devices show the same people and the same devices.",
  'no power gained': 'Nobody lists a device that its person did not let in.',
  'the same from any order': 'What is shown does not depend on the order in which it came.',
  'nothing published is attributable': 'Of a published day nothing can be shown to be its author’s.',
  'no failures': 'No input makes a client fail.',
  'no key, nonce, tag or bytes twice': 'No key is used with a nonce twice, and no tag or cell is posted twice.',
  'tables are what the logs say': 'What screens read is what the logs say.',
  'nothing published too early': 'No day is published before its time, whatever one clock or one relay says.',
};
const MAX_SEEN = 3;

/** The story of a small failing world: who did what when, what was expected, what was seen. */
export const storyOf = ({ plan, result }: Shrunk, options: Options, of: number): readonly string[] => {
  const lines: string[] = [];
  runWorld(plan, {
    ...options(),
    tell: (line) => {
      if (!line.includes('  WRONG (')) lines.push(line);
    },
  });
  const [{ oracle } = { oracle: '' }] = result.findings;
  const seen = result.findings.filter((finding: Finding) => finding.oracle === oracle).map(({ words }) => words);
  return [
    `Seed ${plan.seed} in short (${allSteps(plan).length} of its ${of} steps are enough):`,
    ...lines.map((line) => `  ${line}`),
    `Expected: ${EXPECTED[oracle] ?? oracle}`,
    ...seen.slice(0, MAX_SEEN).map((words) => `Seen: ${words.slice(0, 300)}`),
    ...(seen.length > MAX_SEEN ? [`Seen: and ${seen.length - MAX_SEEN} more of that kind.`] : []),
  ];
};
