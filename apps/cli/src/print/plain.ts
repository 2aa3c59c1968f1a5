// What others wrote must not steer the terminal that shows it.

/** C0 and C1 controls but line feed, and the characters that reorder what stands beside them. */
// oxlint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const escaped = (char: string): string =>
  char === '\t' ? '\t' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Shows steering characters as escapes; further lines are indented so that none can pass for an entry of its own. */
export const plain = (text: string): string => text.replace(STEERING, escaped).replaceAll('\n', '\n    ');
/** The same, on one line. */
export const plainLine = (text: string): string => text.replace(STEERING, escaped).replaceAll('\n', ' ');

/** What leaves ink. A name of nothing else is none. */
const VISIBLE = /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** What this program says of itself, or what ends a name in a line of its. */
const OURS = /^(?:me|\(.*\))$|[:"]/iu;
/** A name that others chose, in a line of ours: never two columns, never who is meant by "me". */
export const plainName = (name: string): string => {
  const plain = plainLine(name)
    .replace(/[\p{Z}\t]+/gu, ' ')
    .trim();
  if (!VISIBLE.test(plain)) return '(no name)';
  return OURS.test(plain) ? `"${plain.replaceAll('"', String.raw`\"`)}"` : plain;
};
