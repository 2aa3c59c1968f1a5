// What the worker's entry calls: the engine with the parts that browsers have.
import type { StartKith } from '@kith/core/client';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createMlsAgreement } from '@kith/core/session/mls';
import { hostEngine } from './engine-host.ts';
import { createWebTransport } from './transport.ts';
import { webRandomness } from './web-system.ts';

export const runWebEngine = (startKith: StartKith): void => {
  // Both compile WebAssembly, while the database is opened.
  const loading = Promise.all([createLibsodium(), createMlsAgreement(webRandomness)]);
  hostEngine(async (parts) => {
    const [crypto, agreement] = await loading;
    return startKith({ ...parts, crypto, agreement, transport: createWebTransport() });
  });
};
