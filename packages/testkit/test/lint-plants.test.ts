// A tool that cannot fail holds nothing: all violations are planted in one copy of the tree, each tool looks at it once, and has
// to name those that are its own.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const core = 'packages/core/src';
const copy = mkdtempSync(join(tmpdir(), 'kith-plants-'));
const bin = (name: string, path: string): string => join(root, 'node_modules', name, path);

const FILES = [
  'package.json',
  'oxlint.config.ts',
  'knip.json',
  'tsconfig.base.json',
  'tsconfig.json',
  '.gitignore',
  'packages',
  'apps',
  'scripts',
  'bench',
  'stories',
];
/** By file; each violates one rule and says which words name it. */
const LINT: readonly (readonly [what: string, file: string, text: string, named: RegExp])[] = [
  [
    'a folder imports from its right',
    `${core}/log/plant-1.ts`,
    "import { createGeneration } from '../session/index.ts';\nexport const x = createGeneration;\n",
    /session\/index\.ts' import is restricted/,
  ],
  [
    'a folder is entered past its index',
    `${core}/log/plant-2.ts`,
    "import { decode } from '../codec/codec.ts';\nexport const x = decode;\n",
    /codec\/codec\.ts' import is restricted/,
  ],
  [
    'another package enters core past an index',
    'packages/testkit/src/plant-3.ts',
    "import { decode } from '@kith/core/codec/codec';\nexport const x = decode;\n",
    /@kith\/core\/codec\/codec' import is restricted/,
  ],
  [
    'core imports node:*',
    `${core}/log/plant-4.ts`,
    "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    /node:fs' import is restricted/,
  ],
  [
    'core imports a package where it may not',
    `${core}/log/plant-5.ts`,
    "import { encode } from 'ts-mls';\nexport const x = encode;\n",
    /ts-mls' import is restricted/,
  ],
  [
    'core imports a platform',
    `${core}/client/plant-6.ts`,
    "import { nodeClock } from '@kith/platform-node/system';\nexport const x = nodeClock;\n",
    /platform-node\/system' import is restricted/,
  ],
  [
    'a cycle',
    `${core}/log/plant-7.ts`,
    "import { y } from './plant-8.ts';\nexport const x = (): number => y();\n",
    /plant-8.*import\(no-cycle\)|import\(no-cycle\)/,
  ],
  [
    'the other half of it',
    `${core}/log/plant-8.ts`,
    "import { x } from './plant-7.ts';\nexport const y = (): number => x();\n",
    /import\(no-cycle\)/,
  ],
  ['async left of sync', `${core}/mailbox/plant-9.ts`, 'export const x = async () => 1;\n', /oxc\(no-async-await\)/],
  [
    'a promise left of sync',
    `${core}/log/plant-10.ts`,
    'export const x = () => Promise.resolve(1);\n',
    /no-restricted-globals/,
  ],
  [
    'the type of a promise left of sync',
    `${core}/log/plant-11.ts`,
    'export type X = Promise<number>;\n',
    /no-restricted-(types|globals)/,
  ],
  [
    'a platform imports the other',
    'packages/platform-web/src/plant-12.ts',
    "import { nodeClock } from '@kith/platform-node';\nexport const x = nodeClock;\n",
    /platform-node' import is restricted/,
  ],
  [
    'and the other way round',
    'packages/platform-node/src/plant-13.ts',
    "import { webClock } from '../../platform-web/src/index.ts';\nexport const x = webClock;\n",
    /platform-web\/src\/index\.ts' import is restricted/,
  ],
  [
    'a promise nobody waits for',
    'packages/platform-node/src/plant-14.ts',
    'const work = async () => 1;\nexport const x = () => { work(); };\n',
    /no-floating-promises/,
  ],
  [
    'a promise where a function is expected to return nothing',
    'packages/platform-node/src/plant-15.ts',
    'export const x = () => [1].forEach(async () => { await 1; });\n',
    /no-misused-promises/,
  ],
  ['any', 'packages/platform-node/src/plant-16.ts', 'export const x = (y: any) => y;\n', /no-explicit-any/],
  [
    'a switch with a hole',
    'packages/platform-node/src/plant-17.ts',
    "export const x = (y: 'a' | 'b'): number => {\n  switch (y) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n};\n",
    /switch-exhaustiveness-check/,
  ],
  [
    'a ts-ignore',
    'packages/platform-node/src/plant-18.ts',
    '// @ts-ignore\nexport const x: number = 1;\n',
    /ban-ts-comment/,
  ],
  ['a default export', 'packages/platform-node/src/plant-19.ts', 'export default 1;\n', /no-default-export/],
  ['==', 'packages/platform-node/src/plant-20.ts', 'export const x = (y: number) => y == 1;\n', /eqeqeq/],
];
/** A line each in one file; the check names the line. */
const SECRETS = [
  ['===', 'export const a = (x: Secret, y: Secret): boolean => x === y;'],
  ['!== on what may be absent', 'export const b = (x: Secret | undefined, y: Secret): boolean => x !== y;'],
  ['a template', 'export const c = (x: Secret): string => `${x}`;'],
  ['toString', 'export const d = (x: Secret): string => x.toString();'],
  ['JSON', 'export const e = (x: Secret): string => JSON.stringify(x);'],
  ['String', 'export const f = (x: Secret): string => String(x);'],
  ['+', "export const g = (x: Secret): string => '' + x;"],
] as const;

/** The check for secrets compiles all that it is shown: here only what it needs. `npm run check` shows it the tree itself. */
const SMALL = 'small';
const SECRET_FILE = `${core}/crypto/plant-secret.ts`;
const DOM_FILE = `${core}/log/plant-dom.ts`;
const SOUND = `${core}/session/sound.ts`;
const OTHERS: readonly (readonly [file: string, text: string])[] = [
  [
    SOUND,
    "import { decode } from '../codec/index.ts';\nimport { NONCE_BYTES } from './chain.ts';\nexport const x = [decode, NONCE_BYTES];\n",
  ],
  [
    `${SMALL}/${SECRET_FILE}`,
    [
      "import type { Secret } from './secret.ts';",
      ...SECRETS.map(([, line]) => line),
      'export const ok = (x?: Secret) => x === undefined;',
    ].join('\n'),
  ],
  [DOM_FILE, 'export const x = document.title;\nexport const y = process.argv;\n'],
  ['apps/relay/src/plant-unused.ts', 'export const nobody = 1;\n'],
  ['apps/cli/src/plant-undeclared.ts', "import { WebSocket } from 'ws';\nexport const x = WebSocket;\n"],
  [
    'apps/cli/src/version.ts',
    "import { x } from './plant-undeclared.ts';\nexport const nobodyElse = 1;\nexport const version = String(x);\n",
  ],
];

interface Said {
  readonly status: number | null;
  readonly lines: readonly string[];
}
const run = (...argv: readonly string[]): Promise<Said> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => (said += piece));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, lines: said.split('\n') }));
  });

const NOTHING: Said = { status: null, lines: [] };
let [lint, secrets, types, unused] = [NOTHING, NOTHING, NOTHING, NOTHING];
beforeAll(async () => {
  for (const name of FILES) {
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|test)$|\.tsbuildinfo$/.test(path),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const name of ['bytes', 'codec', 'crypto', 'ports'])
    cpSync(join(root, core, name), join(copy, SMALL, core, name), { recursive: true });
  const planted = [...LINT.map(([, file, text]) => [file, text] as const), ...OTHERS];
  for (const [file, text] of planted) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  [lint, secrets, types, unused] = await Promise.all([
    run(bin('oxlint', 'bin/oxlint'), '-f', 'unix', SOUND, ...LINT.map(([, file]) => file)),
    run(join(root, 'scripts/check-secrets.mjs'), join(copy, SMALL)),
    run(bin('@typescript/native', 'bin/tsc'), '-p', 'packages/core', '--noEmit', '--composite', 'false'),
    run(bin('knip', 'bin/knip.js'), '--no-config-hints'),
  ]);
}, 900_000);
afterAll(() => rmSync(copy, { recursive: true }));
const about = ({ lines }: Said, file: string): readonly string[] => lines.filter((line) => line.startsWith(file));

test.each(LINT)('the linter sees %s', (_, file, __, named) => {
  expect(about(lint, file).join('\n')).toMatch(named);
});
test('the linter leaves alone what is right', () => {
  expect(about(lint, SOUND)).toEqual([]);
});

test('S4.16 comparing or printing a secret is seen, each way, and nothing that is right', () => {
  expect(secrets.status).toBe(1);
  const seen = about(secrets, SECRET_FILE).map((line) => Number(line.split(':')[1]));
  expect(new Set(seen)).toEqual(new Set(SECRETS.map((_, i) => i + 2)));
  expect(secrets.lines.filter((line) => line !== '' && !line.startsWith(SECRET_FILE))).toEqual([]);
});

test('core is compiled without the types of a platform', () => {
  expect(types.status).not.toBe(0);
  expect(about(types, DOM_FILE).join('\n')).toMatch(/'document'.*\n.*'process'/);
});

test('a package that is used but not declared, a file and an export that nobody uses are seen', () => {
  const said = unused.lines.join('\n');
  expect(unused.status).not.toBe(0);
  expect(said).toMatch(/plant-unused\.ts/);
  expect(said).toMatch(/ws\s+apps\/cli\/src\/plant-undeclared\.ts/);
  expect(said).toMatch(/nobodyElse/);
});
