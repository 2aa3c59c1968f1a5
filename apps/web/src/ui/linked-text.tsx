// A message's text, shown as text. Web addresses become links; nothing in it is ever read as markup.
import { Fragment, useMemo } from 'react';

type Piece = { readonly text: string; readonly href: string | null };

const address = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u202A-\u202E\u2066-\u2069]+/giu;
/** What ends a sentence rather than an address. */
const trailing = new Set('.,;:!?…\'"»”’');
const brackets = new Map([
  [')', '('],
  [']', '['],
]);

/**
 * Without what ends a sentence, and without closing brackets that the address did not open. Looks at each character once
 * from either end: the text is somebody else's, and may be nothing but brackets.
 */
function trim(match: string): string {
  const open = new Map<string, number>();
  for (const one of match) {
    if (one === '(' || one === '[') open.set(one, (open.get(one) ?? 0) + 1);
    const opener = brackets.get(one);
    if (opener !== undefined) open.set(opener, (open.get(opener) ?? 0) - 1);
  }
  let end = match.length;
  for (; end > 0; end--) {
    const last = match[end - 1] as string;
    if (trailing.has(last)) continue;
    const opener = brackets.get(last);
    // More were closed than opened, up to here.
    if (opener === undefined || (open.get(opener) ?? 0) >= 0) break;
    open.set(opener, (open.get(opener) ?? 0) + 1);
  }
  return match.slice(0, end);
}

export function splitLinks(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const shown = trim(match[0]);
    const url = URL.parse(shown);
    // Names before an @ are a common disguise for another host: such an address stays plain text.
    if (
      url === null ||
      (url.protocol !== 'http:' && url.protocol !== 'https:') ||
      url.username !== '' ||
      url.password !== ''
    )
      continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), href: null });
    pieces.push({ text: shown, href: url.href });
    from = match.index + shown.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

export function LinkedText({ text, reachable }: { text: string; reachable: boolean }) {
  const pieces = useMemo(() => splitLinks(text), [text]);
  return pieces.map(({ text: piece, href }, index) =>
    href === null ? (
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      <a
        key={index}
        href={href}
        target="_blank"
        rel="noopener noreferrer"
        referrerPolicy="no-referrer"
        tabIndex={reachable ? 0 : -1}
      >
        {piece}
      </a>
    ),
  );
}
