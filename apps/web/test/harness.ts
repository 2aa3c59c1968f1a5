import { inject } from 'vitest';
import { serve, type Site } from './support.ts';

/** The screens over a Kith in memory (dev/), as harness-setup.ts has built them. */
export const serveHarness = (): Promise<Site> => serve(inject('harness'));
