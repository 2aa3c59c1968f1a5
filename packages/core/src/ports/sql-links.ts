// Links between tables as joins: one statement for a page, where look-ups one by one cost a call into SQLite each (and in
// browsers that is most of what a page costs).
import type { Link, Piece } from './store.ts';

/** SQLite joins bytes as text; cast back they are what they were, zero bytes included. */
const bytesOf = (pieces: readonly Piece[]): string => {
  const parts = pieces.map(({ of, from = 0, to }) => {
    const column = of === 'key' ? 'r.k' : of === 'value' ? 'r.v' : `l${of}.v`;
    if (from === 0 && to === undefined) return column;
    return `substr(${column}, ${from + 1}${to === undefined ? '' : `, ${to - from}`})`;
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : `CAST(${parts.join(' || ')} AS BLOB)`;
};

/** What to select of `rows` (k and v, named r) and its links, and where from. */
export const linkedColumns = (links: readonly Link[]): string =>
  [
    'r.k',
    'r.v',
    ...links.map((link, i) => {
      if (link.begins !== true) return `l${i}.v`;
      const key = bytesOf(link.key);
      // The first key from there on begins so, or none does.
      const begins = `SELECT substr(k, 1, length(${key})) = ${key} FROM "${link.table}" WHERE k >= ${key} ORDER BY k LIMIT 1`;
      return `CASE (${begins}) WHEN 1 THEN x'' END`;
    }),
  ].join(', ');
export const linkedJoins = (links: readonly Link[]): string =>
  links
    .map((link, i) =>
      link.begins === true ? '' : ` LEFT JOIN "${link.table}" l${i} ON l${i}.k = ${bytesOf(link.key)}`,
    )
    .join('');
