// All planted bugs in the source. Their names are words that stand nowhere else: a release is searched for them.
import { IDENTITY_PLANTS } from './identity.ts';
import type { SourcePlant } from './plant.ts';

export const SOURCE_PLANTS: Readonly<Record<string, SourcePlant>> = {
  ...IDENTITY_PLANTS,
};
