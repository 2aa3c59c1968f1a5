// A message's text, shown as text. Web addresses become links; nothing in it is ever read as markup.
import { Fragment, useMemo } from 'react';

type Piece = { readonly text: string; readonly href: string | null };

const address = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u202A-\u202E\u2066-\u2069]+/giu;
/** What ends a sentence rather than an address. */
const trailing = /[.,;:!?…'"»”’]+$/u;

/** Drops a closing bracket that the address did not open. */
function trim(match: string): string {
  const text = match.replace(trailing, '');
  for (const [open, close] of [
    ['(', ')'],
    ['[', ']'],
  ] as const) {
    if (text.endsWith(close) && text.split(close).length > text.split(open).length) return trim(text.slice(0, -1));
  }
  return text;
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
