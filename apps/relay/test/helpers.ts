import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUCKETS, CELL_BYTES, type LogLevel } from '@kith/core/ports';
import { afterEach } from 'vitest';
import { startRelay, type RelayOptions, type RunningRelay } from '../src/index.ts';

const endings: (() => unknown)[] = [];
/** Runs after the test, last one first. */
export const atEnd = (ending: () => unknown): void => void endings.push(ending);
afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

export const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-relay-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
/** On a free port of 127.0.0.1, closed after the test. */
export const freshRelay = async (options: RelayOptions = {}): Promise<RunningRelay> => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options });
  atEnd(() => relay.close());
  return relay;
};

let cells = 0;
export const freshCell = (firstByte = 0): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES).fill(5);
  new DataView(cell.buffer).setUint32(8, ++cells);
  cell[0] = firstByte;
  return cell;
};
export const hourPut = (cell: Uint8Array): { cell: Uint8Array; bucket: number; live: boolean } => ({
  cell,
  bucket: BUCKETS.hour,
  live: false,
});

/** Waits for the condition; the test's own time limit ends a wait in vain. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
};

export const lines = (): { readonly logged: string[]; log(level: LogLevel, event: string, fields?: object): void } => {
  const logged: string[] = [];
  return { logged, log: (level, event, fields = {}) => void logged.push(JSON.stringify({ level, event, ...fields })) };
};
