// A message's text. Somebody else chose it, up to 64 KiB: laying out a line of that many marks takes a browser seconds, each time
// anything moves. So the beginning is shown, and all of it when that is asked for, in blocks that cost little each.
import { useMemo, useState } from 'react';
import { t } from '../words/index.ts';
import { Pieces, splitLinks, type Piece } from './linked-text.tsx';

/** What is shown at first, and what one block holds of a longer text. */
const BLOCK = 4_000;
const FIRST_LINES = 80;
/** A block ends where a word does, when one does so near its end. */
const NEAR = 400;

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The end of a block that begins at `from`. */
function endOf(text: string, from: number): number {
  const end = from + BLOCK;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf('\n', end);
  if (line > from) return line;
  const space = text.lastIndexOf(' ', end);
  if (space > end - NEAR) return space;
  // Not between the halves of a character.
  return /[\uDC00-\uDFFF]/u.test(text[end] ?? '') ? end - 1 : end;
}

/** The pieces of a text, a block each; a line break or space between two blocks is what parts them. */
export function blocksOf(text: string): readonly Range[] {
  const blocks: Range[] = [];
  let from = 0;
  do {
    const to = endOf(text, from);
    blocks.push({ from, to });
    from = /[\n ]/u.test(text[to] ?? '') ? to + 1 : to;
  } while (from < text.length);
  return blocks;
}

/** How much is shown at first. */
export function beginningOf(text: string): string {
  let end = 0;
  for (let lines = 0; lines < FIRST_LINES && end !== -1; lines++) end = text.indexOf('\n', end + 1);
  const first = text.length <= BLOCK ? text.length : endOf(text, 0);
  return text.slice(0, end === -1 ? first : Math.min(end, first));
}

/** What stands in a range. A link that is not all in it is a link to somewhere else, so that it is none. */
export function piecesIn(pieces: readonly Piece[], { from, to }: Range): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const end = at + piece.text.length;
    if (end > from && at < to)
      found.push(
        at >= from && end <= to
          ? piece
          : { text: piece.text.slice(Math.max(0, from - at), to - at), href: null, host: null },
      );
    at = end;
  }
  return found;
}

/** Of those that were asked for whole, as long as the page lives. */
const opened = new Set<string>();

export function LongText({ id, text, reachable }: { id: string; text: string; reachable: boolean }) {
  const [asked, setAsked] = useState(() => opened.has(id));
  const pieces = useMemo(() => splitLinks(text), [text]);
  const beginning = useMemo(() => beginningOf(text), [text]);
  if (beginning.length === text.length) {
    return (
      <p className="text" dir="auto">
        <Pieces pieces={pieces} reachable={reachable} />
      </p>
    );
  }
  const blocks = asked ? blocksOf(text) : [{ from: 0, to: beginning.length }];
  return (
    <>
      {blocks.map((block) => (
        <p key={block.from} className="text" dir="auto">
          <Pieces pieces={piecesIn(pieces, block)} reachable={reachable} />
          {asked ? null : '…'}
        </p>
      ))}
      {asked ? null : (
        <button
          type="button"
          className="show-all"
          tabIndex={reachable ? 0 : -1}
          onClick={() => {
            opened.add(id);
            setAsked(true);
          }}
        >
          {t.conversation.showAll}
        </button>
      )}
    </>
  );
}
