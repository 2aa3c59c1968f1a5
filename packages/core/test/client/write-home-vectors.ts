import { createLibsodium } from '@kith/core/crypto/libsodium';
import { writeFileSync } from 'node:fs';
import { homeVectors } from './home-vectors.ts';

const vectors = homeVectors(await createLibsodium());
writeFileSync(new URL('../../../../spec/vectors/home.json', import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`);
