// Every table that is a projection can be dropped and made again from the logs.
import { rebuildPair } from '../conversation/index.ts';
import { Context, type EngineParts } from './context.ts';
import { Home } from './home.ts';

/** Within a transaction, on a home that no engine runs on. */
export const rebuildTables = (parts: EngineParts): void => {
  const home = new Home(new Context(parts));
  home.resume(0);
  home.rebuildSelf();
  for (const pair of home.pairs()) rebuildPair(pair.view);
  home.forget();
};
