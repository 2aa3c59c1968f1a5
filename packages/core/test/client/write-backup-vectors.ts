import { writeFileSync } from 'node:fs';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { backupVectors, toJson } from './backup-vectors.ts';

const file = new URL('../../../../spec/vectors/backup.json', import.meta.url);
writeFileSync(file, toJson(backupVectors(await createLibsodium())));
