// Lint of what only types can tell: no Secret is compared with an operator, turned into text, or put into JSON. Comparing goes
// through the crypto port, in constant time.
//   node scripts/check-secrets.mjs [FOLDER]
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { root } from './install.mjs';

const base = resolve(process.argv[2] ?? root);
const filesUnder = (path) => {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(path, name));
};
const files = ['packages', 'apps'].flatMap((folder) => {
  const path = join(base, folder);
  return statSync(path, { throwIfNoEntry: false })
    ? readdirSync(path).flatMap((name) => filesUnder(join(path, name, 'src')))
    : [];
});
const program = ts.createProgram(files, {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  jsx: ts.JsxEmit.ReactJSX,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
});
const checker = program.getTypeChecker();

/** True for Secret and for unions that hold it. */
const isSecret = (node) => {
  const type = checker.getTypeAtLocation(node);
  return (type.isUnion() ? type.types : [type]).some(
    (part) => part.symbol?.name === 'Secret' && part.symbol.flags & ts.SymbolFlags.Class,
  );
};
/** Asking whether there is a secret at all compares nothing of it. */
const isAbsence = (node) =>
  node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === 'undefined');
const { EqualsEqualsToken, EqualsEqualsEqualsToken, ExclamationEqualsToken, ExclamationEqualsEqualsToken, PlusToken } =
  ts.SyntaxKind;
const COMPARES = new Set([
  EqualsEqualsToken,
  EqualsEqualsEqualsToken,
  ExclamationEqualsToken,
  ExclamationEqualsEqualsToken,
]);
const PRINTERS = new Set([
  'String',
  'JSON.stringify',
  'console.log',
  'console.error',
  'console.warn',
  'console.info',
  'console.debug',
]);

const fault = (node) => {
  if (ts.isBinaryExpression(node)) {
    const sides = [node.left, node.right];
    if (COMPARES.has(node.operatorToken.kind) && !sides.some(isAbsence) && sides.some(isSecret))
      return 'a secret is compared with an operator';
    if (node.operatorToken.kind === PlusToken && sides.some(isSecret)) return 'a secret is made text';
  }
  if (ts.isTemplateSpan(node) && isSecret(node.expression)) return 'a secret is made text';
  if (ts.isCallExpression(node)) {
    if (PRINTERS.has(node.expression.getText()) && node.arguments.some(isSecret)) return 'a secret is printed';
    if (
      ts.isPropertyAccessExpression(node.expression) &&
      /^(toString|toJSON|toLocaleString)$/.test(node.expression.name.text) &&
      isSecret(node.expression.expression)
    )
      return 'a secret is made text';
  }
  return undefined;
};

let [found, seen] = [0, 0];
for (const source of program.getSourceFiles()) {
  if (!files.includes(source.fileName)) continue;
  const visit = (node) => {
    if (ts.isIdentifier(node) && isSecret(node)) seen++;
    const what = fault(node);
    if (what !== undefined) {
      found++;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      console.log(`${relative(base, source.fileName)}:${line + 1}: ${what}: ${node.getText().slice(0, 80)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
// Types that did not resolve would find nothing: that is no good result.
if (seen === 0) console.log('no secret was found anywhere: the check itself is broken');
process.exit(found > 0 || seen === 0 ? 1 : 0);
