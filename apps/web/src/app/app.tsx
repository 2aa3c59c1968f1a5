import type { Contact, Kith } from '@kith/core/client';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { List } from '../screens/list.tsx';
import { Removed, useOut } from '../screens/devices/out.tsx';
import { Welcome } from '../screens/welcome.tsx';
import { Boundary } from '../ui/boundary.tsx';
import { TwoPeople } from '../ui/drawing.tsx';
import { Problem } from '../ui/note.tsx';
import { Page, Skeleton } from '../ui/page.tsx';
import { t } from '../words/index.ts';
import { announce, Announcer } from './announce.tsx';
import { showUnread } from './badge.ts';
import { KithProvider, none, useContacts, useKith, usePlatform, useQuery } from './kith.tsx';
import { isListed, namedOf } from './names.ts';
import { notifyOf } from './notifications.ts';
import { useLock, useSignsOfLife } from './lock.ts';
import type { Platform } from './platform.ts';
import { go, useRoute, type Route } from './route.ts';
import { applyTheme, SETTINGS, useSettings } from './settings.ts';
import { commandOf, isStandalone, type Command, type Nth } from './shortcuts.ts';

// The first screen is the list, or the welcome; the conversation is fetched while one looks at the list.
const loadConversation = () => import('../screens/conversation/conversation.tsx');
const Conversation = lazy(async () => ({ default: (await loadConversation()).Conversation }));
const Details = lazy(async () => ({ default: (await import('../screens/details.tsx')).Details }));
const Add = lazy(async () => ({ default: (await import('../screens/add.tsx')).Add }));
const Invitation = lazy(async () => ({ default: (await import('../screens/invite.tsx')).Invitation }));
const Devices = lazy(async () => ({ default: (await import('../screens/devices/devices.tsx')).Devices }));
const Join = lazy(async () => ({ default: (await import('../screens/devices/join.tsx')).Join }));
const Safe = lazy(async () => ({ default: (await import('../screens/safe.tsx')).Safe }));
const Recovery = lazy(async () => ({ default: (await import('../screens/recovery/recovery.tsx')).Recovery }));
const Requests = lazy(async () => ({ default: (await import('../screens/requests.tsx')).Requests }));
const Search = lazy(async () => ({ default: (await import('../screens/search.tsx')).Search }));
const Settings = lazy(async () => ({ default: (await import('../screens/settings.tsx')).Settings }));
const Help = lazy(async () => ({ default: (await import('../screens/help.tsx')).Help }));
const Keyboard = lazy(async () => ({ default: (await import('../screens/keyboard.tsx')).Keyboard }));
const Locked = lazy(async () => ({ default: (await import('../screens/lock.tsx')).Locked }));
const Jump = lazy(async () => ({ default: (await import('../screens/jump.tsx')).Jump }));

/** Of a message that arrives: the rest is read where it stands. */
const SAID = 500;

type Overlay = 'keyboard' | 'jump' | null;

/** Whatever is told outside the screens: the live region, notifications, title and icon, colours. */
function Surroundings({ contacts }: { contacts: readonly Contact[] }) {
  const kith = useKith();
  const settings = useSettings();
  const unread = contacts.reduce((sum, contact) => sum + (contact.state === 'blocked' ? 0 : contact.unread), 0);
  useEffect(() => showUnread(unread), [unread]);

  const theme = settings?.get(SETTINGS.theme);
  useEffect(() => {
    if (theme !== undefined) applyTheme(theme);
  }, [theme]);

  const now = useRef({ contacts, how: 'off' });
  now.current = { contacts, how: settings?.get(SETTINGS.notifications) ?? 'off' };
  useEffect(() => {
    const nameFor = (conversation: string): string =>
      namedOf(now.current.contacts.find((contact) => contact.conversation === conversation) ?? { name: '' });
    return kith.onChange((change) => {
      if (change.type !== 'events') return;
      for (const line of change.events) {
        if (!line.mine && line.kind === 'text' && line.text !== null)
          announce(t.live.message(nameFor(line.conversation), line.text.slice(0, SAID)));
      }
      const isMuted = (conversation: string): boolean =>
        now.current.contacts.some((contact) => contact.conversation === conversation && contact.muted);
      notifyOf(
        change.events.filter(({ conversation }) => !isMuted(conversation)),
        now.current.how,
        nameFor,
      );
    });
  }, [kith]);

  useEffect(() => {
    const open = (event: MessageEvent<unknown>): void => {
      const data = event.data;
      if (typeof data === 'object' && data !== null && 'open' in data && typeof data.open === 'string')
        go({ at: 'conversation', conversation: data.open });
    };
    navigator.serviceWorker?.addEventListener('message', open);
    return () => navigator.serviceWorker?.removeEventListener('message', open);
  }, []);
  return <Announcer />;
}

/** The next part of the screen in the order in which it is read. */
function nextSection(): void {
  const parts = [
    '#list .list-entry[tabindex="0"], #list input',
    '#messages [data-event][tabindex="0"]',
    '#composer',
    '.pane-details h2',
    '#main h1',
  ]
    .map((selector) => document.querySelector<HTMLElement>(selector))
    .filter((element) => element !== null && element.checkVisibility());
  const at = parts.findIndex(
    (part) =>
      part !== null &&
      (part === document.activeElement ||
        part.closest('nav, [role="feed"], aside')?.contains(document.activeElement) === true),
  );
  parts[(at + 1) % parts.length]?.focus();
}

function act(
  command: Command | Nth,
  route: Route,
  contacts: readonly Contact[],
  show: (overlay: Overlay) => void,
): void {
  const listed = contacts.filter(isListed).toSorted((a, b) => b.at - a.at);
  const here =
    route.at === 'conversation' ? listed.findIndex(({ conversation }) => conversation === route.conversation) : -1;
  const open = (contact: Contact | undefined): void => {
    if (contact !== undefined) go({ at: 'conversation', conversation: contact.conversation });
  };
  const article = (): HTMLElement | null => document.querySelector<HTMLElement>('#messages [data-event][tabindex="0"]');
  if (typeof command === 'object') {
    open(listed[command.nth]);
    return;
  }
  switch (command) {
    case 'help':
      return show('keyboard');
    case 'jump':
      return show('jump');
    case 'add':
      return go({ at: 'add', mode: 'show' });
    case 'search':
      return go({ at: 'search', query: '' });
    case 'searchHere':
      return go(
        route.at === 'conversation'
          ? { at: 'search', query: '', conversation: route.conversation }
          : { at: 'search', query: '' },
      );
    case 'settings':
      return go({ at: 'settings' });
    case 'previous':
      return open(listed[Math.max(0, here - 1)]);
    case 'next':
      return open(listed[Math.min(listed.length - 1, here + 1)]);
    case 'previousUnread':
      return open(listed.slice(0, Math.max(0, here)).findLast(({ unread }) => unread > 0));
    case 'nextUnread':
      return open(listed.slice(here + 1).find(({ unread }) => unread > 0));
    case 'section':
      return nextSection();
    case 'details':
      if (route.at === 'conversation')
        go({ at: 'conversation', conversation: route.conversation, details: route.details !== true });
      return;
    case 'latest':
      document.querySelector<HTMLElement>('#latest')?.click();
      return;
    case 'pickReply':
      return article()?.focus();
    case 'reply':
    case 'react': {
      const at = article();
      at?.focus();
      at?.dispatchEvent(new KeyboardEvent('keydown', { key: command === 'reply' ? 'r' : 'e', bubbles: true }));
    }
  }
}

function Main({ route, contacts, onKeyboard }: { route: Route; contacts: readonly Contact[]; onKeyboard: () => void }) {
  switch (route.at) {
    case 'list':
      return (
        <div className="nobody">
          <TwoPeople />
          <p>{t.conversation.pick}</p>
        </div>
      );
    case 'conversation': {
      const contact = contacts.find(({ conversation }) => conversation === route.conversation);
      if (contact === undefined) {
        return (
          <Page title={t.list.label}>
            <Problem code="unknown-conversation" />
          </Page>
        );
      }
      return (
        <Conversation
          key={route.conversation}
          contact={contact}
          event={route.event ?? null}
          details={route.details === true}
        />
      );
    }
    case 'add':
      return <Add mode={route.mode} />;
    case 'invite':
      return <Invitation key={route.link} link={route.link} />;
    case 'device':
      return <Join link={route.link} />;
    case 'devices':
      return <Devices mode={route.mode ?? 'list'} />;
    case 'safe':
      return <Safe />;
    case 'recovery':
      return <Recovery key={route.mode} mode={route.mode} link={route.link ?? null} />;
    case 'requests':
      return <Requests />;
    case 'search':
      return <Search query={route.query} within={route.conversation} />;
    case 'settings':
      return <Settings onKeyboard={onKeyboard} />;
    case 'help':
      return <Help page={route.page} />;
  }
}

function Skip({ to, text }: { to: string; text: string }) {
  return (
    <button type="button" className="skip" onClick={() => document.querySelector<HTMLElement>(to)?.focus()}>
      {text}
    </button>
  );
}

function Shell() {
  const route = useRoute();
  const [state, again] = useQuery('contact.list', none);
  const [requests] = useQuery('request.list', none);
  const contacts = useContacts();
  const out = useOut();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const { wasHere } = usePlatform();

  const latest = useRef({ route, contacts });
  latest.current = { route, contacts };
  const mayTalk = contacts.some(isListed) || route.at !== 'list';
  useEffect(() => {
    if (mayTalk) void loadConversation();
  }, [mayTalk]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const command = commandOf(event, isStandalone());
      if (command === null) return;
      event.preventDefault();
      act(command, latest.current.route, latest.current.contacts, setOverlay);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  const overlays = (
    <Suspense>
      {overlay === 'keyboard' ? <Keyboard onClose={() => setOverlay(null)} /> : null}
      {overlay === 'jump' ? <Jump onClose={() => setOverlay(null)} /> : null}
    </Suspense>
  );
  // The lock screen is about to come.
  if (state.status === 'failed' && state.problem === 'locked') return null;
  if (state.status === 'failed') {
    return (
      <main className="welcome" id="main">
        <div className="welcome-body">
          <h1>{t.name}</h1>
          <Problem code={state.problem} again={again} />
        </div>
      </main>
    );
  }
  if (out !== null && route.at === 'list') {
    return (
      <>
        <Removed out={out} />
        {overlays}
        <Surroundings contacts={contacts} />
      </>
    );
  }
  // Who comes for the first time has no list: the welcome would push it from under their fingers.
  const isFirstTime = state.status === 'loading' && !wasHere;
  if (isFirstTime && route.at === 'list') return null;
  const alone =
    isFirstTime ||
    (state.status === 'ready' &&
      !contacts.some(isListed) &&
      (requests.status !== 'ready' || requests.value.length === 0));
  if (alone && route.at === 'list') {
    return (
      <>
        <Welcome />
        {overlays}
        <Surroundings contacts={contacts} />
      </>
    );
  }
  const open =
    route.at === 'conversation' ? contacts.find(({ conversation }) => conversation === route.conversation) : undefined;
  const details = route.at === 'conversation' && route.details === true && open !== undefined;
  const main =
    state.status === 'loading' && route.at === 'conversation' ? (
      <Skeleton />
    ) : (
      <Main route={route} contacts={contacts} onKeyboard={() => setOverlay('keyboard')} />
    );
  return (
    <>
      {alone ? null : <Skip to="#list .list-entry[tabindex='0'], #list-search" text={t.common.skipToList} />}
      <Skip to="#composer, #main" text={t.common.skipToConversation} />
      <div className={`panes${alone ? ' panes-alone' : ''}${details ? ' panes-three' : ''}`} data-at={route.at}>
        {alone ? null : (
          <Boundary>
            <List route={route} />
          </Boundary>
        )}
        <main className="pane pane-main" id="main" tabIndex={-1}>
          <Boundary of={route}>
            <Suspense fallback={<Skeleton />}>{main}</Suspense>
          </Boundary>
        </main>
        <Boundary of={route}>
          <Suspense>{details ? <Details key={open.conversation} contact={open} /> : null}</Suspense>
        </Boundary>
      </div>
      {overlays}
      <Surroundings contacts={contacts} />
    </>
  );
}

/** Nothing but the lock screen while it is locked. */
function Gate() {
  const kith = useKith();
  const [lock, again] = useLock(kith);
  useSignsOfLife(kith, lock !== null && lock.passphrase && !lock.locked);
  if (lock?.locked !== true) return <Shell />;
  return (
    <Suspense>
      <Locked waitUntil={lock.waitUntil} again={again} />
    </Suspense>
  );
}

export function App({ kith, platform }: { kith: Kith; platform: Platform }) {
  return (
    <I18nProvider locale={t.locale}>
      <KithProvider kith={kith} platform={platform}>
        <div className="shell">
          <Gate />
        </div>
      </KithProvider>
    </I18nProvider>
  );
}
