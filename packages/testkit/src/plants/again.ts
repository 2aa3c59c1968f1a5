// Runs this same program again with a planted bug in what it loads, in all of its threads.
import { spawnSync } from 'node:child_process';

/** The exit status of that run. */
export const runAgainWith = (plant: string): number => {
  const { status } = spawnSync(
    process.execPath,
    ['--import', new URL('load.ts', import.meta.url).href, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, KITH_PLANT: plant } },
  );
  return status ?? 2;
};
