import type { Kith } from '@kith/core/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Host } from '../../src/host.ts';
import { run } from '../../src/run.ts';
import { FakeKith } from './fake-kith.ts';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** Every line of stdout as JSON; fails the test when one is not. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** A folder that is gone after the test. */
export const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface Here {
  readonly kith?: Kith;
  readonly openEngine?: Host['openEngine'];
  readonly stdin?: Uint8Array;
  readonly env?: Record<string, string>;
  readonly ended?: Host['ended'];
  /** Told everything that is printed, as it is. */
  readonly onOut?: (text: string) => void;
  readonly home?: string;
}

/** Runs one command line in this process, on a fake engine. */
export const runHere = async (argv: readonly string[], here: Here = {}): Promise<Outcome> => {
  let out = '';
  let err = '';
  const home = here.home ?? freshFolder();
  const host: Host = {
    argv,
    env: { XDG_DATA_HOME: home, ...here.env },
    folder: home,
    out: (text) => {
      out += text;
      here.onOut?.(text);
    },
    err: (text) => void (err += text),
    checkArguments: () => undefined,
    stdin: async function* () {
      yield here.stdin ?? new Uint8Array();
    },
    ask: null,
    ended: here.ended ?? new Promise(() => undefined),
    openEngine: here.openEngine ?? (async () => here.kith ?? new FakeKith()),
  };
  const status = await run(host);
  return {
    status,
    out,
    err,
    get lines() {
      return out
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    },
  };
};
