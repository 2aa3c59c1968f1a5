// The composition root of the engine in a process of its own.
import { startKith, type Kith } from '@kith/core/client';
import type { PairKeyAgreement } from '@kith/core/session';
import { openNodeKith, systemRandomness } from '@kith/platform-node';
import type { EngineWish } from './host.ts';

/** Key agreement is needed rarely and takes longest to load: it comes with its first job. */
const lazyAgreement = (): PairKeyAgreement => {
  let loaded: Promise<PairKeyAgreement> | undefined;
  return {
    name: 'mls',
    run: async (job) => {
      loaded ??= import('@kith/core/session/mls').then(({ createMlsAgreement }) =>
        createMlsAgreement(systemRandomness),
      );
      return (await loaded).run(job);
    },
  };
};

export const openEngine = ({ home, relays, relaysForRun, online }: EngineWish): Promise<Kith> =>
  openNodeKith({ home, relays, relaysForRun, online }, { startKith, agreement: lazyAgreement() });
