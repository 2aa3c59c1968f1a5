import type { LogLine } from '@kith/core/client';
import { Search as SearchIcon } from 'lucide-react';
import { Fragment, useEffect, useState } from 'react';
import { useContacts, useNow, useQuery } from '../app/kith.tsx';
import { nameOf } from '../app/names.ts';
import { go } from '../app/route.ts';
import { short } from '../app/time.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Loaded, Page } from '../ui/page.tsx';
import { moveFocus } from '../ui/roving.ts';
import { t } from '../words/index.ts';

const AFTER_MS = 150;
const MOST = 200;
const BEFORE_HIT = 60;

/** The words around the first hit, with every hit marked. */
function Hit({ text, query }: { text: string; query: string }) {
  const words = query
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
  if (words.length === 0) return text;
  const pattern = new RegExp(`(${words.join('|')})`, 'giu');
  const first = text.search(pattern);
  const from = Math.max(0, first - BEFORE_HIT);
  const pieces = `${from > 0 ? '…' : ''}${text.slice(from, from + 400)}`.split(pattern);
  return pieces.map((piece, index) =>
    index % 2 === 1 ? <mark key={index}>{piece}</mark> : <Fragment key={index}>{piece}</Fragment>,
  );
}

function Results({ query, within }: { query: string; within: string | undefined }) {
  const results = useQuery('search', { query, limit: MOST, ...(within === undefined ? {} : { in: within }) });
  const contacts = useContacts();
  const now = useNow(60_000, true);
  const nameFor = (line: LogLine): string => {
    const contact = contacts.find(({ conversation }) => conversation === line.conversation);
    return contact === undefined ? t.list.unnamed : nameOf(contact);
  };
  return (
    <Loaded query={results}>
      {(lines) => (
        <>
          <p role="status" className="soft">
            {lines.length === 0 ? t.search.none(query) : t.search.found(lines.length)}
          </p>
          {lines.length === 0 ? <p className="soft">{t.search.noneNext}</p> : null}
          <ul onKeyDown={(event) => moveFocus(event, '.result')}>
            {lines.map((line, index) => (
              <li key={line.event}>
                <button
                  type="button"
                  className="result"
                  tabIndex={index === 0 ? 0 : -1}
                  onClick={() => go({ at: 'conversation', conversation: line.conversation, event: line.event })}
                >
                  <span className="list-line">
                    <span className="list-name" dir="auto">
                      {nameFor(line)}
                    </span>
                    <span className="list-time">{short(line.sentAt, now)}</span>
                  </span>
                  <span className="result-text" dir="auto">
                    {line.mine ? <span className="list-you">{t.list.you} </span> : null}
                    <Hit text={line.text ?? ''} query={query} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Loaded>
  );
}

export function Search({ query, within }: { query: string; within: string | undefined }) {
  const contacts = useContacts();
  const [text, setText] = useState(query);
  const [asked, setAsked] = useState(query);
  useEffect(() => setText(query), [query]);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const place = contacts.find(({ conversation }) => conversation === within);
  return (
    <Page title={t.search.title}>
      <div className="stack-tight">
        <form
          role="search"
          className="search-field"
          onSubmit={(event) => {
            event.preventDefault();
            setAsked(text.trim());
          }}
        >
          <Icon of={SearchIcon} />
          <input
            type="search"
            className="input"
            dir="auto"
            autoFocus
            aria-label={t.search.field}
            placeholder={t.search.field}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </form>
        <p className="hint">{t.search.local}</p>
        {place === undefined ? null : (
          <div className="row">
            <span className="pill">{t.search.here(nameOf(place))}</span>
            <Button look="plain" onPress={() => go({ at: 'search', query: text }, 'replace')}>
              {t.search.everywhere}
            </Button>
          </div>
        )}
      </div>
      {asked === '' ? <p className="soft">{t.search.start}</p> : <Results query={asked} within={within} />}
    </Page>
  );
}
