// All planted bugs in the source at once, each behind a switch, so that suites that are loaded once can be asked about one
// after the other. The switches are those that `mutants/mutant-thread.ts` sets, and they note what tests come across.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { plantedPassage, root, type SourcePlant } from './plant.ts';
import { plain, urlOf, type Sources } from './sources.ts';

interface Piece {
  /** A body of braces, what an arrow function gives or a name is set to, a statement that declares nothing, or a whole arrow function. */
  readonly kind: 'block' | 'expression' | 'statement' | 'arrow';
  readonly from: number;
  readonly to: number;
}
interface Switch extends Piece {
  readonly name: string;
  /** The whole file with the bug. */
  readonly code: string;
}
export interface Switched {
  readonly sources: Sources;
  /** No switch can be put around them. */
  readonly outside: readonly string[];
}

const HELPER = `const __plant = (name) => {
  const s = globalThis.__stryker__;
  if (s.activeMutant === name) return true;
  const hits = s.currentTestId === undefined ? s.mutantCoverage.static : (s.mutantCoverage.perTest[s.currentTestId] ??= {});
  hits[name] = (hits[name] ?? 0) + 1;
  return false;
};
`;

export const withSwitches = (sources: Sources, plants: Readonly<Record<string, SourcePlant>>): Switched => {
  const all = new Map(sources);
  const outside: string[] = [];
  const byFile = Map.groupBy(Object.entries(plants), ([, { file }]) => file);
  for (const [file, some] of byFile) {
    const code = plain(file, readFileSync(join(root, file), 'utf8'));
    const pieces = piecesOf(code);
    const found: Switch[] = [];
    for (const [name, plant] of some) {
      const other = plain(file, plantedPassage(name, plant));
      const piece = smallestAround(pieces, code, other);
      if (piece === undefined) outside.push(name);
      else found.push({ ...piece, name, code: other });
    }
    all.set(urlOf(file), HELPER + switched(code, found));
  }
  return { sources: all, outside };
};

const piecesOf = (code: string): readonly Piece[] => {
  const source = ts.createSourceFile('module.js', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const pieces: Piece[] = [];
  const look = (node: ts.Node, isInside: boolean): void => {
    const note = (kind: Piece['kind'], of: ts.Node): void =>
      void pieces.push({ kind, from: of.getStart(source), to: of.end });
    const body = ts.isFunctionLike(node) && 'body' in node ? (node.body as ts.Node | undefined) : undefined;
    if (body !== undefined) note(ts.isBlock(body) ? 'block' : 'expression', body);
    if (ts.isArrowFunction(node)) note('arrow', node);
    // What is made while modules are loaded.
    if (!isInside && ts.isVariableDeclaration(node) && node.initializer !== undefined)
      note('expression', node.initializer);
    if (isInside && ts.isStatement(node) && !DECLARES.has(node.kind)) note('statement', node);
    ts.forEachChild(node, (child) => look(child, isInside || body !== undefined));
  };
  look(source, false);
  return pieces;
};
/** What they name is used by what follows them; a block is what stands in it. */
const DECLARES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.VariableStatement,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.Block,
]);

/** Around all in which the two texts differ. */
const smallestAround = (pieces: readonly Piece[], code: string, other: string): Piece | undefined => {
  const most = Math.min(code.length, other.length);
  let before = 0;
  while (before < most && code[before] === other[before]) before++;
  let after = 0;
  while (after < most - before && code.at(-1 - after) === other.at(-1 - after)) after++;
  return pieces
    .filter((piece) => isAround(piece, { from: before, to: code.length - after }))
    .toSorted((a, b) => a.to - a.from - (b.to - b.from))[0];
};
/** Braces themselves are not in question. */
const isAround = (outer: Piece, inner: Pick<Piece, 'from' | 'to'>): boolean => {
  const brace = outer.kind === 'block' ? 1 : 0;
  return outer.from + brace <= inner.from && inner.to <= outer.to - brace;
};

const switched = (code: string, found: readonly Switch[]): string => {
  // Of pieces within each other the outermost stands for all.
  const outermost = found.filter(
    (one) => !found.some((other) => isAround(other, one) && other.to - other.from > one.to - one.from),
  );
  const groups = Map.groupBy(outermost, ({ from }) => from);
  let text = '';
  let at = 0;
  for (const [from, [first]] of Array.from(groups).toSorted(([a], [b]) => a - b)) {
    if (first === undefined) continue;
    const { to, kind } = first;
    const inside = found.filter((one) => isAround(first, one) || one.from === from);
    // Only what is inside differs, so the piece ends as much later as the file does.
    const bent = inside.map((one) => ({
      name: JSON.stringify(one.name),
      text: one.code.slice(from, to + one.code.length - code.length),
    }));
    const real = code.slice(from, to);
    const chosen = `(${bent.map((one) => `__plant(${one.name}) ? (${one.text}) : `).join('')}(${real}))`;
    const whole =
      kind === 'arrow'
        ? `((...__of) => ${chosen}(...__of))`
        : kind === 'expression'
          ? chosen
          : `{ ${bent.map((one) => `if (__plant(${one.name})) { ${one.text} } else `).join('')}{ ${real} } }`;
    text += code.slice(at, from) + whole;
    at = to;
  }
  return text + code.slice(at);
};
