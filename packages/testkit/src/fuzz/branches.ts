// Tells which branches a run takes: each block, case, arm and right-hand side of the source calls `__branch` with a number of its own.
// V8 can tell the same (its precise coverage), but looks at all functions there are each time it is asked, and it would be asked
// after each of millions of inputs.
import ts from 'typescript';

export interface WithBranches {
  readonly code: string;
  /** They are numbered from `first` on. */
  readonly count: number;
}

/** `code`: JavaScript. */
export const withBranches = (code: string, first: number): WithBranches => {
  const source = ts.createSourceFile('module.js', code, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const inserted: { readonly at: number; readonly text: string }[] = [];
  let next = first;
  const call = (): string => `__branch(${next++})`;
  const add = (at: number, text: string): void => void inserted.push({ at, text });
  const expression = (node: ts.Expression): void => {
    add(node.getStart(source), `(${call()}, `);
    add(node.end, ')');
  };
  const statement = (node: ts.Statement | undefined): void => {
    if (node === undefined) return;
    if (ts.isBlock(node)) add(node.getStart(source) + 1, `${call()};`);
    else {
      add(node.getStart(source), `{${call()};`);
      add(node.end, '}');
    }
  };
  const look = (node: ts.Node): void => {
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) expression(node.body);
    else if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && ts.isBlock(node.body as ts.Node))
      statement(node.body as ts.Block);
    if (ts.isIfStatement(node)) {
      statement(node.thenStatement);
      statement(node.elseStatement);
    } else if (ts.isIterationStatement(node, false)) statement(node.statement);
    else if (ts.isCaseOrDefaultClause(node)) add(node.statements.pos, `${call()};`);
    else if (ts.isCatchClause(node)) statement(node.block);
    else if (ts.isConditionalExpression(node)) {
      expression(node.whenTrue);
      expression(node.whenFalse);
    } else if (ts.isBinaryExpression(node) && MAYBE.has(node.operatorToken.kind)) expression(node.right);
    // What stands further in is put further in: children first where ends meet, parents first where beginnings do.
    ts.forEachChild(node, look);
  };
  look(source);
  let out = '';
  let from = 0;
  const inOrder = inserted.map((one, i) => ({ ...one, i }));
  inOrder.sort((a, b) => a.at - b.at || (isEnd(a.text) && isEnd(b.text) ? b.i - a.i : a.i - b.i));
  for (const { at, text } of inOrder) {
    out += code.slice(from, at) + text;
    from = at;
  }
  return { code: out + code.slice(from), count: next - first };
};
const MAYBE: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
const isEnd = (text: string): boolean => text === ')' || text === '}';
