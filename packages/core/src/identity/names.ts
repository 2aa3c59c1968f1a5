// Byte strings as keys of maps. A charter is judged anew with each entry that comes, and the entries it had stay the same
// objects: their names are made once.
import { toHex } from '../bytes/index.ts';

const names = new WeakMap<Uint8Array, string>();

/** Lower-case hexadecimal. The bytes must not change afterwards: those of an opened entry never do. */
export const nameOf = (bytes: Uint8Array): string => {
  let name = names.get(bytes);
  if (name === undefined) {
    name = toHex(bytes);
    names.set(bytes, name);
  }
  return name;
};
