// For processes and threads that run a whole program with a planted bug: `node --import load.ts`, the bug's name in KITH_PLANT.
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { plantedText, root } from './plant.ts';
import { SOURCE_PLANTS } from './table.ts';

const name = process.env['KITH_PLANT'] ?? '';
const plant = SOURCE_PLANTS[name];
if (plant === undefined) throw new Error(`there is no planted bug "${name}"`);
const url = pathToFileURL(join(root, plant.file)).href;
const source = plantedText(name, plant);
registerHooks({
  load: (asked, context, next) =>
    asked === url ? { format: 'module-typescript', source, shortCircuit: true } : next(asked, context),
});
