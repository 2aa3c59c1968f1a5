// Key agreement is needed when two people meet, not to read: ts-mls and what it brings are loaded with the first job.
import type { PairKeyAgreement } from '@kith/core/session';
import { webRandomness } from './web-system.ts';

/** Without a network a file that is not kept yet comes later; the job waits for it as it would for the relay. */
const AGAIN_MS = 2_000;

const load = async (): Promise<PairKeyAgreement> => {
  for (;;) {
    // A file that cannot be had is a TypeError; everything else is a bug and goes on as one.
    const loaded = await import('@kith/core/session/mls').catch((error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
    });
    if (loaded !== undefined) return loaded.createMlsAgreement(webRandomness);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
};

export const lazyAgreement = (): PairKeyAgreement => {
  let loaded: Promise<PairKeyAgreement> | undefined;
  return {
    name: 'mls',
    run: async (job) => {
      loaded ??= load();
      return (await loaded).run(job);
    },
  };
};
