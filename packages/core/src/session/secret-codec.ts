import { bytes, type Codec } from '../codec/index.ts';
import { Secret } from '../crypto/index.ts';

/** A secret is bytes only here, on its way to or from the encrypted database. */
export const secretCodec = (min: number, max = min): Codec<Secret> => {
  const raw = bytes(min, max);
  return {
    cddl: raw.cddl,
    uses: [],
    out: (value) => value.expose(),
    in: (value) => {
      const read = raw.in(value);
      // What the reader made is nobody else's; another copy would stay in memory, unwiped.
      return read === undefined ? undefined : new Secret(read);
    },
  };
};
