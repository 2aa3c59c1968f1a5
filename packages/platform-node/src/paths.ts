import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where Kith keeps data unless told otherwise (XDG Base Directory Specification: a relative path is ignored). */
export const dataFolder = (environment: Readonly<Record<string, string | undefined>> = process.env): string => {
  const xdg = environment.XDG_DATA_HOME;
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'kith');
};
/** The home of the command line without `--home`. */
export const defaultHome = (environment?: Readonly<Record<string, string | undefined>>): string =>
  join(dataFolder(environment), 'home');
