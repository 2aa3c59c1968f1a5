import { defaultHome } from '@kith/platform-node';
import { resolve } from 'node:path';
import type { Host } from '../host.ts';

/** Absolute: the home of `--home`, else one in the XDG data folder. */
export const homeFolder = (host: Pick<Host, 'env' | 'folder'>, named: string | undefined): string =>
  named === undefined ? defaultHome(host.env) : resolve(host.folder, named);
