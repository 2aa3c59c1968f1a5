// Writes spec/vectors/{identity,log}.json anew: node packages/core/test/log/write-spec-vectors.ts
import { writeFileSync } from 'node:fs';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import { toJson, VECTORS } from './spec-vectors.ts';

const crypto = await createLibsodium();
for (const [name, make] of Object.entries(VECTORS)) {
  writeFileSync(new URL(`../../../../spec/vectors/${name}.json`, import.meta.url), toJson(make(crypto)));
}
