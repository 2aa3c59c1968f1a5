// Builds what runs: the command line and the relay as bundles, the web app, the type declarations. Each part is built
// again only when one of its inputs changed; the same inputs give the same bytes in any folder.
//   node scripts/build.mjs [--only cli,relay,web,types]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateFile = join(root, 'node_modules', '.cache', 'kith', 'build.json');

/** Loaded at run time from node_modules: native code, and wasm that its package finds by itself. */
const EXTERNAL = ['better-sqlite3-multiple-ciphers', 'libsodium-wrappers-sumo', 'sodium-native'];
const COMMON = [
  'package-lock.json',
  'tsconfig.base.json',
  'scripts/build.mjs',
  'packages/core/package.json',
  'packages/core/src',
];
const NODE_SIDE = [
  ...COMMON,
  'packages/platform-node/package.json',
  'packages/platform-node/src',
  'apps/relay/package.json',
  'apps/relay/src',
];

const filesUnder = (path) => {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'dist')
    .flatMap((entry) => filesUnder(join(path, entry.name)));
};

const hashOf = (inputs) => {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of inputs.flatMap((input) => filesUnder(join(root, input))).sort()) {
    const bytes = readFileSync(file);
    hash.update(`\0${relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
};

const runTool = (folder, argv) => {
  const { status } = spawnSync(process.execPath, argv, {
    cwd: join(root, folder),
    stdio: ['ignore', 2, 2],
    // A test runner that calls this sets `test`, with which React would be its large and slow development form.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error(`${argv.map((word) => relative(root, word) || word).join(' ')} failed`);
};
/** The JavaScript file behind a command of node_modules/.bin. */
const tool = (name, bin) => join(root, 'node_modules', name, bin);

/** Puts the new files in place one by one, entries last, then removes what is not part of this build any more. */
const replaceFolder = (folder, chunks) => {
  mkdirSync(folder, { recursive: true });
  for (const { fileName, code } of chunks) {
    const path = join(folder, fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, code);
    renameSync(`${path}.new`, path);
  }
  const kept = new Set(chunks.map(({ fileName }) => fileName));
  for (const name of readdirSync(folder)) if (name.endsWith('.mjs') && !kept.has(name)) rmSync(join(folder, name));
};

const bundle = async (app, input) => {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    external: (id) => id.startsWith('node:') || EXTERNAL.some((name) => id === name || id.startsWith(`${name}/`)),
    // Loading a file of ours does nothing by itself, so what a command does not use is not even loaded. Entries are kept.
    treeshake: { moduleSideEffects: [{ test: /[\\/](packages|apps)[\\/][^\\/]+[\\/]src[\\/]/, sideEffects: false }] },
    logLevel: 'warn',
  });
  const { output } = await build.generate({
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    minify: false,
  });
  await build.close();
  const chunks = output.filter(({ type }) => type === 'chunk');
  replaceFolder(join(root, 'apps', app, 'dist'), [
    ...chunks.filter(({ isEntry }) => !isEntry),
    ...chunks.filter(({ isEntry }) => isEntry),
  ]);
};

/** `output` is looked for before a part counts as built. */
const PARTS = {
  relay: {
    inputs: NODE_SIDE,
    output: 'apps/relay/dist/relay.mjs',
    build: () => bundle('relay', { relay: 'apps/relay/src/index.ts' }),
  },
  cli: {
    inputs: [...NODE_SIDE, 'apps/cli/package.json', 'apps/cli/src'],
    output: 'apps/cli/dist/kith.mjs',
    build: () =>
      bundle('cli', {
        kith: 'apps/cli/src/kith.ts',
        'passphrase-worker': 'packages/platform-node/src/passphrase-worker.ts',
      }),
  },
  web: {
    inputs: [...COMMON, 'packages/platform-web/package.json', 'packages/platform-web/src', 'apps/web'],
    output: 'apps/web/dist/index.html',
    build: () => runTool('apps/web', [tool('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn']),
  },
  types: {
    inputs: [...NODE_SIDE, 'packages', 'apps', 'tsconfig.json'],
    output: 'packages/core/dist/types/bytes/index.d.ts',
    build: () => runTool('.', [tool('@typescript/native', 'bin/tsc'), '-b']),
  },
};

const readState = () => {
  if (!existsSync(stateFile)) return {};
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch {
    // Torn by a kill in the middle of writing: build everything again.
    return {};
  }
};
const writeState = (state) => {
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
};

const at = process.argv.indexOf('--only');
const wanted = at === -1 ? Object.keys(PARTS) : (process.argv[at + 1] ?? '').split(',');
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) {
    console.error(`There is no part "${name}". The parts: ${Object.keys(PARTS).join(', ')}.`);
    process.exit(2);
  }
  const hash = hashOf(part.inputs);
  if (readState()[name] === hash && existsSync(join(root, part.output))) continue;
  const started = performance.now();
  try {
    await part.build();
  } catch (error) {
    console.error(`Building ${name} failed: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  writeState({ ...readState(), [name]: hash });
  console.error(`built ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
