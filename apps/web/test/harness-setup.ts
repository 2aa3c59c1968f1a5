// Before the suite of screens: they are built once for all of its files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildInto, root } from './support.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with the screens over a Kith in memory. */
    readonly harness: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-harness-'));
  await buildInto(folder, join(root, 'dev/vite.config.ts'));
  project.provide('harness', folder);
  return () => rmSync(folder, { recursive: true });
}
