// Plants a bug in the rules of charters: copies src/identity with one passage changed and loads the copy. A passage that is no
// longer there is an error, so that no plant goes stale unnoticed.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Identity from '../../src/identity/index.ts';

export type Rules = typeof Identity;
export interface Plant {
  readonly file: string;
  readonly passage: string;
  readonly instead: string;
}

const source = new URL('../../src/', import.meta.url);
const cache = new URL('../../../../node_modules/.cache/', import.meta.url);

export const withPlant = async (plant: Plant): Promise<Rules> => {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(new URL('kith-plant-', cache).pathname);
  try {
    for (const name of readdirSync(new URL('identity/', source))) {
      let text = readFileSync(new URL(`identity/${name}`, source), 'utf8');
      if (name === plant.file) {
        if (text.split(plant.passage).length !== 2) throw new Error(`not once in ${name}: ${plant.passage}`);
        text = text.replace(plant.passage, () => plant.instead);
      }
      // Packages' folders get no types stripped; what is beside the rules is the real thing.
      const plain = stripTypeScriptTypes(text)
        .replaceAll(/'\.\/([a-z-]+)\.ts'/g, "'./$1.mjs'")
        .replaceAll(/'\.\.\/([a-z/-]+\.ts)'/g, (_, path: string) => `'${new URL(path, source).href}'`);
      writeFileSync(`${folder}/${name.replace('.ts', '.mjs')}`, plain);
    }
    return (await import(/* @vite-ignore */ pathToFileURL(`${folder}/index.mjs`).href)) as Rules;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
