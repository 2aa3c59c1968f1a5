// The relay as a program of its own. `kith serve` and `npm start` call `startRelay` themselves.
import { jsonLogger } from './json-logger.ts';
import { readRelayOptions, RELAY_USAGE, RelayStartError, startRelay } from './index.ts';

const run = async (): Promise<void> => {
  if (process.argv.includes('--help')) {
    process.stdout.write(RELAY_USAGE);
    return;
  }
  const options = readRelayOptions(process.argv.slice(2), process.env);
  const relay = await startRelay({ ...options, logger: jsonLogger((line) => process.stderr.write(line)) });
  const url = options.publicUrl ?? relay.url;
  const reach =
    options.lan === true
      ? 'listening on all addresses of this computer: anyone who reaches it can use it'
      : 'this computer only';
  process.stdout.write(`Kith relay ready at ${url} (${options.host === undefined ? reach : options.host})\n`);
  const end = (): void => void relay.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
};

try {
  await run();
} catch (error) {
  if (!(error instanceof RelayStartError)) throw error;
  process.stderr.write(`${error.message} ${error.hint}\n`);
  process.exitCode = error.code === 'config' ? 2 : 1;
}
