// All that suites load, as JavaScript, made once for all threads: what a planted bug costs is then the time of its suite.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { plantedText, root, type SourcePlant } from './plant.ts';

/** By URL. */
export type Sources = ReadonlyMap<string, string>;

const FILES = '{packages/{core,platform-node,testkit},apps/{cli,relay,web}}/{src,test,build}/**/*.{ts,tsx,js}';
export const urlOf = (file: string): string => pathToFileURL(join(root, file)).href;
/** As JavaScript. As in Node imports stay also when nothing uses them, so that a bug changes the text nowhere but where it is. */
export const plain = (file: string, text: string): string => {
  const { code, errors } = transformSync(file, text, {
    sourcemap: false,
    typescript: { onlyRemoveTypeImports: true },
  });
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message ?? ''}`);
  return code;
};

export const readSources = (): Sources =>
  new Map(
    globSync(FILES, { cwd: root }).map((file) => [urlOf(file), plain(file, readFileSync(join(root, file), 'utf8'))]),
  );
export const withPlant = (sources: Sources, name: string, plant: SourcePlant): Sources =>
  new Map(sources).set(urlOf(plant.file), plain(plant.file, plantedText(name, plant)));
