import { globSync } from 'node:fs';

/**
 * The library that stands between a process and its clock, for LD_PRELOAD. Its own wrapper, `faketime`, fails where a process that
 * once had the same id was killed under it, since it takes names in shared memory by that id.
 */
export const fakeTimeLibrary = (): string => {
  const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
  if (library === undefined) throw new Error('the Debian package faketime is not there');
  return library;
};
