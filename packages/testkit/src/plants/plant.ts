// A planted bug: one passage of the source, and what stands there instead. It is put in while a module is loaded, in tests
// only, so that what people run knows nothing of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourcePlant {
  readonly words: string;
  /** From the root of the checkout. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly instead: string;
  /** What has to fail: tests of that file whose names contain the words. */
  readonly noticedBy: { readonly file: string; readonly test: string };
  /** Of the simulator's worlds, too: `npm run sim -- --plant NAME`. */
  readonly sim?: true;
}

export const root = join(import.meta.dirname, '../../../..');

/** Stands in all that was made of a source with this bug in it, also when names are shortened. */
export const markOf = (name: string): string => `planted ${name}`;

/** The text of the file with the bug in it. A passage that is no longer there, or there twice, is an error. */
export const plantedPassage = (name: string, { file, find, instead }: SourcePlant): string => {
  const parts = readFileSync(join(root, file), 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`planted bug "${name}": its passage stands ${parts.length - 1} times in ${file}:\n${find}`);
  if (find === instead) throw new Error(`planted bug "${name}" changes nothing`);
  return parts.join(instead);
};
/** The same, marked, so that it is known wherever it comes to be. */
export const plantedText = (name: string, plant: SourcePlant): string =>
  `${plantedPassage(name, plant)}\nReflect.set(globalThis, '${markOf(name)}', true);\n`;
