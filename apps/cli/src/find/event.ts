import { KithError, type Kith } from '@kith/core/client';
import { AmbiguousError } from './ambiguous.ts';
import { isIdPrefix } from './conversation.ts';

const PAGE = 500;

/** Goes through the whole log: only used when what was typed is no whole id. */
const findByPrefix = async (kith: Kith, conversation: string, typed: string): Promise<string> => {
  const fits = new Set<string>();
  let before: string | undefined;
  for (;;) {
    const page = await kith.call('log', { conversation, limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const line of page) if (line.event.startsWith(typed)) fits.add(line.event);
    if (page.length < PAGE) break;
    before = page[0]?.event;
  }
  const [only] = fits;
  if (only === undefined) throw new KithError('unknown-event');
  if (fits.size > 1)
    throw new AmbiguousError(
      'message',
      [...fits].map((event) => ({ event })),
    );
  return only;
};

/**
 * Does something with an event named by its id or a unique part of its start. The id is tried as it stands, so that the
 * usual case costs nothing; only an unknown one is looked for.
 */
export const withEvent = async <T>(
  kith: Kith,
  conversation: string,
  typed: string,
  act: (event: string) => Promise<T>,
): Promise<T> => {
  try {
    return await act(typed);
  } catch (error) {
    if (!(error instanceof KithError && error.code === 'unknown-event' && isIdPrefix(typed))) throw error;
    return act(await findByPrefix(kith, conversation, typed));
  }
};
