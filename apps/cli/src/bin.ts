import { processHost } from './process-host.ts';
import { run } from './run.ts';

/** The command line as a process: it ends with the status of what was typed. */
export const main = async (): Promise<void> => {
  const host = processHost();
  const status = await run(host);
  await host.flushed();
  // Nothing may keep a command alive that has said all it had to say.
  process.exit(status);
};
