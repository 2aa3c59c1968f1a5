// All planted bugs in the source. Their names are words that stand nowhere else: a release is searched for them.
import { APP_PLANTS } from './apps.ts';
import { CLIENT_PLANTS } from './client.ts';
import { IDENTITY_PLANTS } from './identity.ts';
import { LOG_PLANTS } from './log.ts';
import type { SourcePlant } from './plant.ts';
import { SESSION_PLANTS } from './session.ts';

export const SOURCE_PLANTS: Readonly<Record<string, SourcePlant>> = {
  ...IDENTITY_PLANTS,
  ...LOG_PLANTS,
  ...SESSION_PLANTS,
  ...CLIENT_PLANTS,
  ...APP_PLANTS,
};
