import { findConversation } from '../find/conversation.ts';
import { plainLine } from '../print/plain.ts';
import type { Action } from '../table/spec.ts';

export const set: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const where = input.option('in');
  const key = input.optionalArgument('KEY');
  const value = input.optionalArgument('VALUE');
  const settings = await engine.call('set', {
    ...(key === undefined ? {} : { key }),
    ...(value === undefined ? {} : { value }),
    ...(where === undefined ? {} : { in: await findConversation(engine, where) }),
  });
  for (const each of settings) {
    const line = `${plainLine(each.key)} = ${plainLine(each.value)}${each.value === each.default ? '' : `  (default ${plainLine(each.default)})`}`;
    print.record({ key: each.key, value: each.value, default: each.default }, line);
  }
  return 0;
};
