import { derive, deriveBytes, type Crypto, type Secret } from '../crypto/index.ts';
import { EXPORTER_BYTES } from './key-agreement.ts';
import type { Generation, Role } from './types.ts';

const GENERATION_ID_BYTES = 8;
const BY_ANSWERER = Uint8Array.of(0);
const BY_JOINER = Uint8Array.of(1);

/**
 * Both directions from one exporter of 64 bytes, which is wiped. The joiner has seen the answerer (its Welcome proves
 * it); the answerer has yet to see the joiner.
 */
export const createGeneration = (crypto: Crypto, exporter: Secret, role: Role, now: number): Generation => {
  if (exporter.length !== EXPORTER_BYTES) throw new Error('an exporter of a wrong length');
  const [own, peers] = role === 'answerer' ? [BY_ANSWERER, BY_JOINER] : [BY_JOINER, BY_ANSWERER];
  const generation: Generation = {
    id: deriveBytes(crypto, GENERATION_ID_BYTES, exporter, 'generation id'),
    role,
    madeAt: now,
    send: {
      key: derive(crypto, exporter, 'chain', own),
      headerKey: derive(crypto, exporter, 'header', own),
      counter: 0,
    },
    receive: {
      key: derive(crypto, exporter, 'chain', peers),
      headerKey: derive(crypto, exporter, 'header', peers),
      next: 0,
    },
    seenPeer: role === 'joiner',
    openedAt: null,
    opened: 0,
  };
  exporter.wipe();
  return generation;
};

export const wipeSend = (generation: Generation): Generation => {
  generation.send?.key.wipe();
  generation.send?.headerKey.wipe();
  return { ...generation, send: null };
};
export const wipeGeneration = (generation: Generation): void => {
  wipeSend(generation);
  generation.receive.key.wipe();
  generation.receive.headerKey.wipe();
};
