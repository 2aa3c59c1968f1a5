import { AmbiguousError } from './ambiguous.ts';
import { isIdPrefix } from './conversation.ts';

/** The one id that was typed, whole or as a unique start; undefined when none fits. */
export const findId = (ids: readonly string[], typed: string, what: string): string | undefined => {
  if (ids.includes(typed)) return typed;
  const fits = isIdPrefix(typed) ? ids.filter((id) => id.startsWith(typed)) : [];
  if (fits.length > 1)
    throw new AmbiguousError(
      what,
      fits.map((id) => ({ [what]: id })),
    );
  return fits[0];
};
