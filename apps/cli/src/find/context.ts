import { KithError, type ContextView, type Kith } from '@kith/core/client';
import { AmbiguousError } from './ambiguous.ts';
import { findId } from './id.ts';

/** A context by its id, a unique start of it, or the name that one context alone has. */
export const findContext = async (kith: Kith, typed: string): Promise<ContextView> => {
  const all = await kith.call('context.list', {});
  const wanted = typed.normalize('NFC');
  const named = all.filter(({ label }) => label.normalize('NFC') === wanted);
  if (named.length > 1)
    throw new AmbiguousError(
      'context',
      named.map(({ context, label }) => ({ context, label })),
    );
  const ids = all.map(({ context }) => context);
  const found = named[0] ?? all.find(({ context }) => context === findId(ids, typed, 'context'));
  if (found === undefined) throw new KithError('unknown-context');
  return found;
};

/** Of an option that may be there: what calls take. */
export const contextOption = async (kith: Kith, typed: string | undefined): Promise<{ readonly context?: string }> =>
  typed === undefined ? {} : { context: (await findContext(kith, typed)).context };
