// What people run holds nothing that was made for tests: no planted bug and no stand-in for the cryptography.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NULL_MARKS } from '@kith/testkit/null-crypto';
import { markOf, plantedText } from '@kith/testkit/plants/plant';
import { SOURCE_PLANTS } from '@kith/testkit/plants/table';
import { PLANTS } from '@kith/testkit/sim/plants';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const MARKS = [...Object.keys(PLANTS), ...Object.keys(SOURCE_PLANTS), 'planted ', ...NULL_MARKS];
const found = (code: string): readonly string[] => MARKS.filter((mark) => code.includes(mark));
const built = (app: string): readonly string[] =>
  globSync('**/*.{js,mjs,html,css,json,wasm,webmanifest}', {
    cwd: join(root, 'apps', app, 'dist'),
    exclude: ['types/**'],
  });

describe('class 31: no planted bug and no stand-in for the cryptography', () => {
  test.each(['cli', 'relay', 'web'])('is in what is built of %s', (app) => {
    const files = built(app);
    expect(files.length, 'npm run build makes it').toBeGreaterThan(0);
    const bad = files.flatMap((file) =>
      found(readFileSync(join(root, 'apps', app, 'dist', file), 'latin1')).map((mark) => `${file}: ${mark}`),
    );
    expect(bad).toEqual([]);
  });
  test('no source draws from Math.random', () => {
    const sources = globSync(['packages/{core,platform-node,platform-web}/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'], {
      cwd: root,
    });
    expect(sources.length).toBeGreaterThan(200);
    const drawing = sources.filter((file) => /\bMath\.random\s*\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(drawing).toEqual([]);
  });
});

describe('the search finds', () => {
  /** A small program, made as releases are and with all names shortened. */
  const bundle = async (
    text: string,
    change: (id: string) => string | undefined = () => undefined,
  ): Promise<string> => {
    const build = await rolldown({
      input: 'entry',
      cwd: root,
      platform: 'node',
      external: [/^node:/, /^libsodium/, /^@noble/, /^ts-mls/],
      treeshake: { moduleSideEffects: [{ test: /[\\/](packages|apps)[\\/][^\\/]+[\\/]src[\\/]/, sideEffects: false }] },
      logLevel: 'silent',
      plugins: [
        {
          name: 'entry',
          resolveId: (id) => (id === 'entry' ? join(root, 'entry.ts') : undefined),
          load: (id) => (id === join(root, 'entry.ts') ? text : change(id)),
        },
      ],
    });
    const { output } = await build.generate({ format: 'esm', minify: true });
    await build.close();
    return output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n');
  };
  const HASHES = `import { contentHash } from './packages/core/src/log/content.ts';\nconsole.log(contentHash);`;

  test('nothing in a program that is right', async () => {
    expect(found(await bundle(HASHES))).toEqual([]);
  });
  test('a planted bug in one', async () => {
    const plant = SOURCE_PLANTS['hash-without-key'];
    if (plant === undefined) throw new Error('no such planted bug');
    const code = await bundle(HASHES, (id) =>
      id === join(root, plant.file) ? plantedText('hash-without-key', plant) : undefined,
    );
    expect(code).toContain(markOf('hash-without-key'));
    expect(found(code)).toContain('hash-without-key');
  });
  test.each(['createNullCrypto()', "createNullAgreement(createNullCrypto(), process.env['x'] as never)"])(
    'the stand-in %s',
    async (made) => {
      const from = './packages/testkit/src/null-crypto.ts';
      const text = `import { createNullAgreement, createNullCrypto } from '${from}';\nconsole.log(${made}, createNullAgreement.length);`;
      expect(found(await bundle(text)).length).toBeGreaterThan(0);
    },
  );
});
