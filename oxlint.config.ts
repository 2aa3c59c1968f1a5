// What no review has to look for: the order of imports, promises left alone, types given up, switches with holes.
// `packages/testkit/test/lint-plants.test.ts` plants each violation and sees the tools fail.
import { defineConfig } from 'oxlint';

/** A folder of packages/core/src imports only from folders to its left, through their index.ts. */
const ORDER = [
  'bytes',
  'codec',
  'crypto',
  'ports',
  'identity',
  'log',
  'session',
  'mailbox',
  'sync',
  'conversation',
  'client',
] as const;
const CORE = 'packages/core/src';

/** The packages that core stands on, and the only files that may know them. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  'libsodium-wrappers-sumo': [`${CORE}/crypto/libsodium.ts`, `${CORE}/crypto/hpke.ts`, `${CORE}/crypto/mls-suite.ts`],
  'ts-mls': [`${CORE}/crypto/mls-suite.ts`, `${CORE}/session/mls-agreement.ts`],
};
/** Adapters of libraries that only come with promises. Everything else left of `sync` is free of them. */
const WITH_PROMISES = [
  `${CORE}/crypto/libsodium.ts`,
  `${CORE}/crypto/mls-suite.ts`,
  `${CORE}/session/mls-agreement.ts`,
  `${CORE}/session/key-agreement.ts`,
  `${CORE}/ports/*.ts`,
];

interface Ban {
  readonly regex: string;
  readonly message: string;
}
/**
 * Matches what starts with none of the words. Spelt out letter by letter: the expressions are Rust's, which has no
 * lookahead, and one that does not compile is passed over in silence.
 */
const startsWithNone = (words: readonly string[]): string => {
  const escape = (text: string): string => text.replace(/[\\\]^./-]/g, '\\$&');
  const starts = [...new Set(words.map((word) => word.charAt(0)))];
  const further = starts.flatMap((start) => {
    const rests = words.filter((word) => word.startsWith(start)).map((word) => word.slice(1));
    return rests.includes('') ? [] : [`${escape(start)}${startsWithNone(rests)}`];
  });
  return `($|${[`[^${escape(starts.join(''))}]`, ...further].join('|')})`;
};

const THROUGH_INDEX = 'Import a folder of core through its index.ts.';
const noDeepImports: Ban = {
  regex: `(^@kith/core/|packages/core/src/)[a-z-]+/${startsWithNone(['libsodium', 'mls', 'index.ts'])}`,
  message: THROUGH_INDEX,
};
const bans = (folder: (typeof ORDER)[number], allowed: readonly string[]): readonly Ban[] => {
  const later = ORDER.slice(ORDER.indexOf(folder) + 1).join('|');
  // Past the index of crypto: it would load ts-mls for all who import the folder.
  const doors = allowed.includes('ts-mls') ? ['index.ts', 'mls-suite.ts'] : ['index.ts'];
  return [
    ...(later === ''
      ? []
      : [{ regex: `^\\.\\./(${later})(/|$)`, message: `${folder} stands left of this folder and must not know it.` }]),
    { regex: `^\\.\\./[a-z-]+/${startsWithNone(doors)}`, message: THROUGH_INDEX },
    {
      regex: `^${startsWithNone(['.', ...allowed])}`,
      message: 'Core runs everywhere: no platform and no package here; inside core imports are relative.',
    },
  ];
};
const restrict = (patterns: readonly Ban[]): { 'no-restricted-imports': ['error', { patterns: Ban[] }] } => ({
  'no-restricted-imports': ['error', { patterns: [...patterns] }],
});

const coreFolders = ORDER.map((folder) => ({
  files: [`${CORE}/${folder}/**/*.ts`],
  rules: restrict(bans(folder, [])),
}));
const coreFiles = [...new Set(Object.values(OUTSIDE).flat())].map((file) => ({
  files: [file],
  rules: restrict(
    bans(
      ORDER.find((folder) => file.startsWith(`${CORE}/${folder}/`)) ?? 'bytes',
      Object.entries(OUTSIDE)
        .filter(([, files]) => files.includes(file))
        .map(([name]) => name),
    ),
  ),
}));

const notTheOther = (other: string): readonly Ban[] => [
  noDeepImports,
  { regex: `^@kith/platform-${other}|platform-${other}/`, message: 'The platforms never import each other.' },
];

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['**/dist/**', 'node_modules/**', '.results/**'],
  rules: {
    'import/no-cycle': 'error',
    'no-restricted-imports': ['error', { patterns: [noDeepImports] }],
    'typescript/no-explicit-any': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // `== null` is the one way to say "null or undefined".
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'no-eval': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    // Ports and tools are values made of closures: their functions need no `this`, and are taken out freely.
    'typescript/unbound-method': 'off',
    // Vite's `?worker&url` imports have a default export that only vite knows.
    'import/default': 'off',
    // These find nothing wrong here: spreading a text into code points is meant, texts are sorted as texts, and types of
    // packages that are not read as such come out as `any`.
    'typescript/no-misused-spread': 'off',
    'typescript/require-array-sort-compare': 'off',
    'typescript/no-redundant-type-constituents': 'off',
    'typescript/restrict-template-expressions': 'off',
  },
  overrides: [
    { files: ['packages/*/src/**', 'apps/*/src/**'], rules: { 'import/no-default-export': 'error' } },
    // Classes of characters that are marks and joiners by themselves.
    { files: [`${CORE}/ports/search-words.ts`], rules: { 'no-misleading-character-class': 'off' } },
    ...coreFolders,
    ...coreFiles,
    {
      files: ORDER.slice(0, ORDER.indexOf('sync')).map((folder) => `${CORE}/${folder}/**/*.ts`),
      rules: {
        'oxc/no-async-await': 'error',
        'no-restricted-globals': [
          'error',
          { name: 'Promise', message: 'Left of sync: state and input in, new state and effects out.' },
        ],
        'typescript/no-restricted-types': [
          'error',
          { types: { Promise: 'Left of sync: state and input in, new state and effects out.' } },
        ],
      },
    },
    {
      files: WITH_PROMISES,
      rules: { 'oxc/no-async-await': 'off', 'no-restricted-globals': 'off', 'typescript/no-restricted-types': 'off' },
    },
    { files: ['packages/platform-node/**'], rules: restrict(notTheOther('web')) },
    { files: ['packages/platform-web/**', 'apps/web/**'], rules: restrict(notTheOther('node')) },
  ],
});
