// What the worker's entry calls: the engine with the parts that browsers have.
import type { StartKith } from '@kith/core/client';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { hostEngine } from './engine-host.ts';
import { lazyAgreement } from './lazy-agreement.ts';
import { createWebTransport } from './transport.ts';

export const runWebEngine = (startKith: StartKith): void => {
  // Compiles WebAssembly, while the database is opened.
  const loading = createLibsodium();
  hostEngine(
    async (parts) => {
      const crypto = await loading;
      return startKith({
        ...parts,
        crypto,
        agreement: lazyAgreement(),
        transport: createWebTransport(),
        readsFirst: true,
      });
    },
    () => loading,
  );
};
