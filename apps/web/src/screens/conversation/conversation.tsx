import type { Contact } from '@kith/core/client';
import { Ellipsis, Info, Lock, Search } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore, type DragEvent } from 'react';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { none, useAction, useKith, useNow, useQuery } from '../../app/kith.tsx';
import { LogWindow } from '../../app/log-window.ts';
import { namedOf, nameOf } from '../../app/names.ts';
import { go } from '../../app/route.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { BackButton, Skeleton } from '../../ui/page.tsx';
import { validityIcons } from '../../ui/validity.ts';
import { t } from '../../words/index.ts';
import { Composer, editOf, type Aim, type ComposerHandle } from './composer.tsx';
import { CheckHint, NewDeviceHint } from './hint.tsx';
import type { LineActions } from './line.tsx';
import { Messages } from './messages.tsx';

const Check = lazy(async () => ({ default: (await import('../check.tsx')).Check }));

const WAITING_AFTER_MS = 10_000;

function Header({ contact, onCheck, details }: { contact: Contact; onCheck: () => void; details: boolean }) {
  const { conversation } = contact;
  const openDetails = (): void => go({ at: 'conversation', conversation, details: !details });
  return (
    <header className="bar bar-edge bar-who">
      <div className="only-narrow">
        <BackButton />
      </div>
      <div className="who">
        <h1 dir="auto">{nameOf(contact)}</h1>
        {contact.validity === 'compromised' || contact.imported ? null : (
          <p>
            <Icon of={Lock} size={14} />
            {t.conversation.onlyTwo}
          </p>
        )}
      </div>
      {contact.imported ? null : (
        <Button
          icon={validityIcons[contact.validity]}
          onPress={onCheck}
          extra={`validity validity-${contact.validity}`}
        >
          {t.validity[contact.validity]}
        </Button>
      )}
      <MenuTrigger>
        <Button look="icon" icon={Ellipsis} aria-label={t.conversation.more} extra="more" />
        <Popover placement="bottom end">
          <Menu
            className="menu"
            onAction={(key) => {
              if (key === 'details') openDetails();
              else go({ at: 'search', query: '', conversation });
            }}
          >
            <MenuItem id="details" className="menu-item">
              <Icon of={Info} />
              {t.conversation.details}
            </MenuItem>
            <MenuItem id="search" className="menu-item">
              <Icon of={Search} />
              {t.conversation.searchHere}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </header>
  );
}

/** Why nothing can be written here, with the way on; null where one can write. */
function Closed({ contact, onCheck }: { contact: Contact; onCheck: () => void }) {
  const kith = useKith();
  const { conversation, state, validity } = contact;
  const unblock = useAction(async () => {
    await kith.call('contact.unblock', { conversation });
  });
  if (validity === 'compromised') {
    return (
      <div className="closed">
        <Note tone="bad" title={t.conversation.stopped(namedOf(contact))}>
          <div>
            <Button look="bad" onPress={onCheck}>
              {t.conversation.check}
            </Button>
          </div>
        </Note>
      </div>
    );
  }
  if (state === 'blocked') {
    return (
      <div className="closed">
        <Note title={t.conversation.blockedNote}>
          <div>
            <Button onPress={unblock.run} isDisabled={unblock.busy}>
              {t.conversation.unblock}
            </Button>
          </div>
        </Note>
      </div>
    );
  }
  return (
    <div className="closed">
      <Note title={contact.imported ? t.conversation.importedNote : t.conversation.endedNote} />
    </div>
  );
}

/** The one who is here may not be the one who was meant, and only checking tells. */
function Contested({ contact }: { contact: Contact }) {
  const [invites] = useQuery('invite.list', none);
  if (contact.validity !== 'unvalidated' || invites.status !== 'ready') return null;
  const contested = invites.value.some((invite) => invite.conversation === contact.conversation && invite.contested);
  return contested ? (
    <div className="closed">
      <Note tone="bad" title={t.add.contested} status />
    </div>
  ) : null;
}

const statusOf = (contact: Contact, now: number): string | null => {
  const name = namedOf(contact);
  if (contact.typing) return t.conversation.typing(name);
  if (contact.state === 'requested') return t.conversation.requestedNote;
  if (contact.waitingSince === null || now - contact.waitingSince < WAITING_AFTER_MS) return null;
  return contact.state === 'invited' ? t.conversation.waitingInvite : t.conversation.waitingFor(name);
};

export function Conversation({
  contact,
  event,
  details,
}: {
  contact: Contact;
  event: string | null;
  details: boolean;
}) {
  const kith = useKith();
  const { conversation } = contact;
  const window_ = useMemo(() => new LogWindow(kith, conversation), [kith, conversation]);
  const log = useSyncExternalStore(window_.listen, window_.state);
  const [target, setTarget] = useState(event);
  const [aim, setAim] = useState<Aim | null>(null);
  const [checking, setChecking] = useState(false);
  const composer = useRef<ComposerHandle>(null);
  const now = useNow(1_000, contact.waitingSince !== null);
  const act = useAction(async (work: () => Promise<unknown>) => {
    await work();
  });

  useEffect(() => setTarget(event), [event]);
  useEffect(() => {
    if (target === null) window_.latest();
    else window_.around(target);
  }, [window_, target]);
  useEffect(() => {
    if (event === null && !details && matchMedia('(hover: hover)').matches) composer.current?.focus();
  }, [conversation, event, details]);

  const run = useRef(act.run);
  run.current = act.run;
  const actions = useMemo<LineActions>(
    () => ({
      reply: (line) => setAim({ type: 'reply', line }),
      edit: (line) => setAim(editOf(line)),
      react: (line, emoji, off) =>
        run.current(() => kith.call('react', { conversation, event: line.event, emoji, off })),
      remove: (line, forAll) => run.current(() => kith.call('delete', { conversation, event: line.event, forAll })),
      star: (line) => run.current(() => kith.call('star', { conversation, event: line.event, off: line.starred })),
      open: (wanted) => setTarget(wanted),
    }),
    [kith, conversation],
  );
  const closed = contact.validity === 'compromised' || contact.state === 'ended' || contact.state === 'blocked';
  const name = namedOf(contact);
  const noDrop = (dropped: DragEvent): void => {
    if (!dropped.dataTransfer.types.includes('Files')) return;
    dropped.preventDefault();
    if (dropped.type === 'drop') composer.current?.noFiles();
  };
  return (
    <section className="conversation" aria-label={t.conversation.label(name)} onDragOver={noDrop} onDrop={noDrop}>
      <Header contact={contact} onCheck={() => setChecking(true)} details={details} />
      {act.problem === null ? null : <Problem code={act.problem} />}
      {log.status === 'failed' && log.problem !== null ? (
        <div className="page">
          <Problem code={log.problem} again={() => window_.latest()} />
        </div>
      ) : log.status === 'loading' ? (
        <div className="messages-frame">
          <Skeleton />
        </div>
      ) : log.lines.length === 0 ? (
        <div className="nobody">
          <h2>{t.conversation.emptyTitle(name)}</h2>
          <p>{t.conversation.empty}</p>
        </div>
      ) : (
        <Messages
          contact={contact}
          log={log}
          window_={window_}
          target={target}
          closed={closed}
          actions={actions}
          toComposer={() => composer.current?.focus()}
        />
      )}
      {contact.state === 'active' ? <Contested contact={contact} /> : null}
      {log.status === 'ready' ? (
        <>
          <NewDeviceHint contact={contact} />
          <CheckHint contact={contact} lines={log.lines} onCheck={() => setChecking(true)} />
        </>
      ) : null}
      {closed ? (
        <Closed contact={contact} onCheck={() => setChecking(true)} />
      ) : (
        <Composer
          ref={composer}
          contact={contact}
          aim={aim}
          setAim={setAim}
          lines={log.lines}
          status={statusOf(contact, now)}
        />
      )}
      {checking ? (
        <Suspense>
          <Check contact={contact} onClose={() => setChecking(false)} />
        </Suspense>
      ) : null}
    </section>
  );
}
