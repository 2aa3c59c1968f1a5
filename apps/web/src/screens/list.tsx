import type { Contact, ContextView } from '@kith/core/client';
import { Archive, BellOff, CircleAlert, Clock3, Inbox, Pin, Search, Settings, UserPlus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { isShown, useContexts, useShown } from '../app/contexts.ts';
import { none, useNow, useQuery } from '../app/kith.tsx';
import { isListed, nameOf, noticeOf } from '../app/names.ts';
import { go, type Route } from '../app/route.ts';
import { short } from '../app/time.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Boundary } from '../ui/boundary.tsx';
import { Button } from '../ui/button.tsx';
import { TwoPeople } from '../ui/drawing.tsx';
import { Icon } from '../ui/icon.tsx';
import { Loaded } from '../ui/page.tsx';
import { moveFocus } from '../ui/roving.ts';
import { t } from '../words/index.ts';
import { ContextFilter } from './contexts/filter.tsx';
import { Offers } from './offers.tsx';

/** A connection that is only just being made is nothing to speak of. */
const PILL_AFTER_MS = 2_000;

function ConnectionPill() {
  const [status] = useQuery('status', none);
  const connection = status.status === 'ready' ? status.value.connection : 'online';
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (connection === 'online') return;
    const timer = setTimeout(() => setLate(true), PILL_AFTER_MS);
    return () => clearTimeout(timer);
  }, [connection]);
  return (
    <div role="status">
      {late && connection !== 'online' ? (
        <p className="list-connection">
          <span className={`pill ${connection === 'offline' ? 'pill-warn' : ''}`}>{t.connection[connection]}</span>
        </p>
      ) : null}
    </div>
  );
}

function Preview({ contact }: { contact: Contact }) {
  const { preview, draft, state } = contact;
  if (contact.typing) return <span className="list-preview">{t.list.typing}</span>;
  if (draft !== '') {
    return (
      <span className="list-preview" dir="auto">
        <span className="list-draft">{t.list.draft}</span> {draft}
      </span>
    );
  }
  if (state === 'blocked' || state === 'ended') return <span className="list-preview">{t.list[state]}</span>;
  if (preview === null)
    return <span className="list-preview">{state === 'invited' ? t.list.invited : t.list.nothingYet}</span>;
  if (preview.kind !== 'text') {
    return <span className="list-preview">{noticeOf(preview)}</span>;
  }
  const text = preview.deleted || preview.text === null ? t.list.deleted : preview.text.slice(0, 200);
  return (
    <span className="list-preview" dir="auto">
      {/* Looks otherwise than the same word in a text of theirs. */}
      {preview.mine ? <span className="list-you">{t.list.you} </span> : null}
      {text}
    </span>
  );
}

function Entry({
  contact,
  context,
  current,
  reachable,
  now,
}: {
  contact: Contact;
  context: ContextView | null;
  current: boolean;
  reachable: boolean;
  now: number;
}) {
  const name = nameOf(contact);
  const failed = contact.preview?.state === 'failed';
  return (
    <li>
      <button
        type="button"
        className="list-entry"
        aria-current={current ? 'true' : undefined}
        tabIndex={reachable ? 0 : -1}
        data-conversation={contact.conversation}
        data-unread={contact.unread > 0 ? '' : undefined}
        onClick={() => go({ at: 'conversation', conversation: contact.conversation })}
      >
        <Avatar name={name} picture={contact.picture} ring={context?.hue ?? null} />
        <span className="list-text">
          <span className="list-line">
            <span className="list-name" dir="auto">
              {name}
            </span>
            {context === null ? null : (
              <span className="list-context soft">
                <span className="hidden-text">{t.contexts.in('')}</span>
                <span dir="auto">{context.label}</span>
              </span>
            )}
            <time className="list-time" dateTime={new Date(contact.at).toISOString()}>
              {short(contact.at, now)}
            </time>
          </span>
          <span className="list-line">
            <Preview contact={contact} />
            {contact.validity === 'compromised' ? (
              <span className="list-mark list-mark-bad">
                <Icon of={CircleAlert} size={16} />
                {t.list.stopped}
              </span>
            ) : null}
            {failed ? (
              <span className="list-mark list-mark-bad">
                <Icon of={CircleAlert} size={16} />
                {t.list.failed}
              </span>
            ) : contact.preview?.state === 'waiting' ? (
              <span className="list-mark soft">
                <Icon of={Clock3} size={16} />
                <span className="hidden-text">{t.list.waiting}</span>
              </span>
            ) : null}
            {(['pinned', 'muted'] as const).map((key) =>
              contact[key] ? (
                <span key={key} className="list-mark soft">
                  <Icon of={key === 'pinned' ? Pin : BellOff} size={16} />
                  <span className="hidden-text">{t.list[key]}</span>
                </span>
              ) : null,
            )}
            {contact.unread > 0 ? (
              <span className="badge">
                <span aria-hidden="true">{contact.unread}</span>
                <span className="hidden-text">{t.list.unread(contact.unread)}</span>
              </span>
            ) : null}
          </span>
        </span>
      </button>
    </li>
  );
}

function Requests() {
  const [requests] = useQuery('request.list', none);
  const n = requests.status === 'ready' ? requests.value.length : 0;
  if (n === 0) return null;
  return (
    <button type="button" className="list-entry list-requests" onClick={() => go({ at: 'requests' })}>
      <span className="avatar" aria-hidden="true">
        <Icon of={Inbox} />
      </span>
      <span className="list-text">
        <span className="list-line">
          <span className="list-name">{t.list.requests(n)}</span>
          <span className="badge" aria-hidden="true">
            {n}
          </span>
        </span>
        <span className="list-line">
          <span className="list-preview">{t.list.requestsHint}</span>
        </span>
      </span>
    </button>
  );
}

export function List({ route }: { route: Route }) {
  const contacts = useQuery('contact.list', none);
  const contexts = useContexts();
  const shownContext = useShown();
  const now = useNow(60_000, true);
  const [filter, setFilter] = useState('');
  const [archived, setArchived] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const current = route.at === 'conversation' ? route.conversation : null;
  return (
    <nav className="pane pane-list" aria-label={t.list.label} id="list">
      <header className="bar">
        <div className="bar-title">
          <h1>{t.name}</h1>
        </div>
        <Button look="icon" icon={UserPlus} aria-label={t.list.add} onPress={() => go({ at: 'add', mode: 'show' })} />
        <Button look="icon" icon={Settings} aria-label={t.list.settings} onPress={() => go({ at: 'settings' })} />
      </header>
      <form
        className="list-search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (filter.trim() === '') return;
          setFilter('');
          go({ at: 'search', query: filter.trim() });
        }}
      >
        <div className="search-field">
          <Icon of={Search} />
          <input
            ref={field}
            type="search"
            className="input"
            id="list-search"
            dir="auto"
            aria-label={t.list.search}
            placeholder={t.list.search}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setFilter('');
            }}
          />
        </div>
      </form>
      <ContextFilter />
      <ConnectionPill />
      <div className="list-scroll">
        <Requests />
        <Loaded query={contacts}>
          {(all) => {
            const wanted = filter.trim().toLocaleLowerCase();
            const shown = all
              .filter((contact) => isShown(contact.context, shownContext))
              .filter((contact) => isListed(contact) && nameOf(contact).toLocaleLowerCase().includes(wanted))
              // What one looks for by name is found wherever it stands.
              .filter((contact) => wanted !== '' || contact.archived === archived)
              .toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || b.at - a.at);
            const away = all.filter(
              (contact) => isListed(contact) && contact.archived && isShown(contact.context, shownContext),
            ).length;
            const first = shown.find(({ conversation }) => conversation === current) ?? shown[0];
            return (
              <>
                {shown.length === 0 && filter === '' && archived ? (
                  <p className="nobody">{t.list.archivedNone}</p>
                ) : null}
                {shown.length === 0 && filter === '' && !archived && away === 0 && shownContext !== 'all' ? (
                  <p className="nobody">{t.contexts.nobody}</p>
                ) : null}
                {shown.length === 0 && filter === '' && !archived && away === 0 && shownContext === 'all' ? (
                  <div className="nobody">
                    <TwoPeople />
                    <p>{t.list.empty}</p>
                    <Button look="main" icon={UserPlus} onPress={() => go({ at: 'add', mode: 'show' })}>
                      {t.list.add}
                    </Button>
                  </div>
                ) : null}
                {shown.length === 0 && filter !== '' ? <p className="nobody">{t.list.noMatch}</p> : null}
                {shown.length === 0 ? null : (
                  <ul onKeyDown={(event) => moveFocus(event, '.list-entry')}>
                    {shown.map((contact) => (
                      <Boundary
                        key={contact.conversation}
                        of={contact}
                        instead={<li className="hint">{t.errors.internal.message}</li>}
                      >
                        <Entry
                          contact={contact}
                          context={contexts.find(({ context }) => context === contact.context) ?? null}
                          current={contact.conversation === current}
                          reachable={contact === first}
                          now={now}
                        />
                      </Boundary>
                    ))}
                  </ul>
                )}
                {away > 0 || archived ? (
                  <div className="list-search">
                    <Button look="plain" icon={Archive} wide onPress={() => setArchived(!archived)}>
                      {archived ? t.list.archivedBack : t.list.archived(away)}
                    </Button>
                  </div>
                ) : null}
                {filter.trim() === '' ? null : (
                  <div className="list-search">
                    <Button
                      icon={Search}
                      wide
                      onPress={() => {
                        setFilter('');
                        go({ at: 'search', query: filter.trim() });
                      }}
                    >
                      {t.list.searchMessages(filter.trim())}
                    </Button>
                    <Button look="plain" icon={X} wide onPress={() => setFilter('')}>
                      {t.list.searchClear}
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </Loaded>
      </div>
      <Offers />
    </nav>
  );
}
