// The first file that runs. It turns on the cache of compiled code before anything large is loaded: that is most of what
// a short command costs.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../dist/cache', import.meta.url)));
const { main } = await import('./bin.ts');
await main();
