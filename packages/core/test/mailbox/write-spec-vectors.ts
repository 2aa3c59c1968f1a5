import { writeFileSync } from 'node:fs';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { toJson, VECTORS } from './spec-vectors.ts';

const crypto = await createLibsodium();
for (const [name, make] of Object.entries(VECTORS)) {
  writeFileSync(new URL(`../../../../spec/vectors/${name}.json`, import.meta.url), toJson(make(crypto)));
}
