// libsodium brings its WebAssembly as base64 inside its script: a third more to load, and to be decoded at each start.
// Here it becomes a file of its own, fetched with its hash and compiled while it arrives. The bytes stay the package's.
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

const PACKAGE = /[\\/]libsodium-sumo[\\/]dist[\\/]modules-sumo-esm[\\/]libsodium-sumo\.mjs$/u;
/** Longer than any other text of that script. */
const EMBEDDED = /"([A-Za-z0-9+/]{100000,}={0,2})"/gu;
const EXPORT = /export default A;\s*$/u;
const MAGIC = Buffer.from([0, 0x61, 0x73, 0x6d]);

/** For the bundle of the worker. Fails when the package is not of the form that is known here. */
export function sodiumWasm(): Plugin {
  return {
    name: 'kith-sodium-wasm',
    apply: 'build',
    transform: {
      filter: { id: PACKAGE },
      handler(code) {
        const [found, ...others] = [...code.matchAll(EMBEDDED)];
        const wasm = Buffer.from(found?.[1] ?? '', 'base64');
        if (others.length > 0 || !wasm.subarray(0, 4).equals(MAGIC) || !EXPORT.test(code))
          return this.error('libsodium-sumo has changed its form: look where it keeps its WebAssembly now');
        const file = this.emitFile({ type: 'asset', name: 'libsodium.wasm', source: wasm });
        const hash = createHash('sha256').update(wasm).digest('base64');
        // Its loader waits for ever for an `instantiateWasm` that fails; so a failure is handed on beside it.
        const loading = `
const load = (options) => new Promise((resolve, reject) => {
  WebAssembly.compileStreaming(fetch(import.meta.ROLLUP_FILE_URL_${file}, { integrity: 'sha256-${hash}' }))
    .then((module) => A({
      ...options,
      instantiateWasm: (imports, done) =>
        WebAssembly.instantiate(module, imports).then((instance) => done(instance, module)).catch(reject),
    }))
    .then(resolve, reject);
});
export default load;
`;
        return { code: code.replace(EMBEDDED, '""').replace(EXPORT, loading), map: null };
      },
    },
  };
}
