import { completionScript } from '../help/completion.ts';
import type { Action } from '../table/spec.ts';

export const completion: Action = async ({ input, print }) => {
  const shell = input.argument('SHELL');
  const script = completionScript(shell);
  print.record({ shell, script }, script.trimEnd());
  return 0;
};
