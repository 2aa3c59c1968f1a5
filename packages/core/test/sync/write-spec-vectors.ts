// Writes spec/vectors/sync.json anew: node packages/core/test/sync/write-spec-vectors.ts
import { writeFileSync } from 'node:fs';
import { toJson } from './spec-vectors.ts';

writeFileSync(new URL('../../../../spec/vectors/sync.json', import.meta.url), toJson());
