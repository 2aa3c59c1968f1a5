// A message's text, shown as text. Web addresses become links; nothing in it is ever read as markup.
import { Fragment } from 'react';
import { t } from '../words/index.ts';

export interface Piece {
  readonly text: string;
  readonly href: string | null;
  /** Where it leads, when that is not what it says: letters that look like others, or a name spelt in another way. */
  readonly host: string | null;
}

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

/** The address names its host as a browser does, letter by letter. */
function namesHost(shown: string, { protocol, hostname }: URL): boolean {
  const said = `${protocol}//${hostname}`;
  return shown.toLowerCase().startsWith(said) && /^(?:$|[/?#:])/u.test(shown.slice(said.length));
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
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), href: null, host: null });
    pieces.push({ text: shown, href: url.href, host: namesHost(shown, url) ? null : url.hostname });
    from = match.index + shown.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null, host: null });
  return pieces;
}

export function Pieces({ pieces, reachable }: { pieces: readonly Piece[]; reachable: boolean }) {
  return pieces.map(({ text: piece, href, host }, index) =>
    href === null ? (
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      <Fragment key={index}>
        {/* Whatever direction the text has, or is told to have: an address reads from left to right. */}
        <a
          href={href}
          target="_blank"
          rel="noopener noreferrer"
          referrerPolicy="no-referrer"
          tabIndex={reachable ? 0 : -1}
          dir="ltr"
        >
          {piece}
        </a>
        {host === null ? null : (
          <span className="soft" dir="ltr">
            {t.conversation.leadsTo(host)}
          </span>
        )}
      </Fragment>
    ),
  );
}
