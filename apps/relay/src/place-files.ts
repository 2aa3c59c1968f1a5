// What lies at the places of the rendezvous: one small file a place, replaced as a whole, so that a crash leaves the old
// one or the new one.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '@kith/core/bytes';
import type { PlaceStore } from '@kith/core/ports';
import { isFull, type Durability } from './segment-log.ts';

export const openPlaceFiles = (folder: string, durability: Durability): PlaceStore => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (place: Uint8Array): string => join(folder, `${toHex(place)}.place`);
  for (const name of readdirSync(folder)) if (name.endsWith('.new')) rmSync(join(folder, name));
  return {
    put: (place, record) => {
      const path = pathOf(place);
      const fresh = `${path}.new`;
      try {
        writeFileSync(fresh, record, { mode: 0o600, flush: durability === 'power' });
        renameSync(fresh, path);
        if (durability === 'power') syncFolder(folder);
        return 'kept';
      } catch (error) {
        rmSync(fresh, { force: true });
        return isFull(error) ? 'full' : 'failed';
      }
    },
    drop: (place) => rmSync(pathOf(place), { force: true }),
    visit: (each) => {
      for (const name of readdirSync(folder)) {
        const place = name.endsWith('.place') ? fromHex(name.slice(0, -'.place'.length)) : undefined;
        if (place !== undefined) each(place, readFileSync(join(folder, name)));
      }
    },
  };
};

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
};
