// Conversations as one page for reading: no script, nothing loaded from anywhere, every word of people escaped.
import { allLines, EXPORT_NOTICE, exported, toTime, type ExportProgress } from './export.ts';
import type { Kith, LogLine } from './rpc.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// Control characters that HTML cannot hold become the sign for what cannot be shown; line breaks and tabs stay.
const escape = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these characters are what is looked for.
  text.replaceAll(/[&<>"']/g, (one) => ESCAPES[one] ?? '').replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd');

const STYLE = `:root{color-scheme:light dark;--bg:light-dark(#faf9f6,#15181a);--ink:light-dark(#1d2426,#e8eaea);
--soft:light-dark(#596266,#a3acaf);--line:light-dark(#dedad0,#33393c);--mine:light-dark(#dcebe6,#24423f)}
body{margin:0 auto;max-width:68ch;padding:24px 16px;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:28px}h2{font-size:22px;margin-top:48px;border-top:1px solid var(--line);padding-top:24px}
.soft{color:var(--soft);font-size:14px}.say{padding:8px 12px;margin:8px 0;border-radius:14px;border:1px solid var(--line)}
.mine{background:var(--mine)}.say p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
blockquote{margin:0 0 4px;padding-inline-start:8px;border-inline-start:2px solid var(--line);color:var(--soft)}`;

const time = (ms: number): string => {
  const iso = toTime(ms);
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
};
const MARKS = {
  copy: 'written by a copy of the device',
  counterpart: 'from the other side’s copy',
  removed: 'from a removed device',
  newer: 'needs a newer Kith',
  imported: 'imported',
} as const;

/** Texts and notes; reactions and changes show on the text they are about. */
const lineHtml = (line: LogLine): string => {
  if (line.kind === 'reaction' || line.kind === 'edit' || line.kind === 'delete' || line.kind === 'member') return '';
  const said =
    line.kind === 'text'
      ? line.text === null
        ? '<p class="soft">Deleted</p>'
        : `<p dir="auto">${escape(line.text)}</p>`
      : `<p class="soft">${escape(line.notice ?? line.kind)}</p>`;
  const notes = [
    time(line.sentAt),
    ...(line.edited ? ['edited'] : []),
    ...(line.mark === null ? [] : [MARKS[line.mark]]),
    ...line.reactions.map(({ emoji, count }) => `${escape(emoji)} ${count}`),
  ];
  // Whoever is called so is not who exported it.
  const theirs = /^\s*(?:me|no name)\s*$/i.test(line.authorName) ? `“${line.authorName}”` : line.authorName;
  const name = line.mine ? 'Me' : theirs === '' ? 'No name' : theirs;
  const reply =
    line.reply?.text == null ? '' : `<blockquote dir="auto">${escape(line.reply.text.slice(0, 200))}</blockquote>`;
  return `<article class="say${line.mine ? ' mine' : ''}"><div class="soft"><b dir="auto">${escape(name)}</b> ${notes.join(' · ')}</div>${reply}${said}</article>\n`;
};

/** The page in pieces. `at`: milliseconds, when it is made. */
export const exportHtml = async function* (
  kith: Kith,
  conversation: string | null,
  at: number,
  { onEvents }: ExportProgress = {},
): AsyncGenerator<string> {
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Kith: exported conversations</title><style>${STYLE}</style></head><body>
<h1>Exported conversations</h1><p class="soft">${time(at)}. ${escape(EXPORT_NOTICE)}</p>
`;
  let events = 0;
  for (const contact of await exported(kith, conversation)) {
    yield `<section><h2 dir="auto">${escape(contact.name === '' ? 'No name' : contact.name)}</h2>\n`;
    for await (const page of allLines(kith, contact.conversation)) {
      yield page.map(lineHtml).join('');
      onEvents?.((events += page.length));
    }
    yield '</section>\n';
  }
  yield '</body></html>\n';
};
