// Writes spec/vectors/conversations.json anew: node packages/core/test/conversation/write-spec-vectors.ts
import { writeFileSync } from 'node:fs';
import { toJson } from './spec-vectors.ts';

writeFileSync(new URL('../../../../spec/vectors/conversations.json', import.meta.url), toJson());
