import type { Invite } from '@kith/core/client';
import { QrCode, ScanLine } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from '../app/announce.tsx';
import { contextOfShown, useContextsIfKnown, useShown } from '../app/contexts.ts';
import { none, useAction, useContacts, useKith, useQuery } from '../app/kith.tsx';
import { namedOf } from '../app/names.ts';
import { problemOf, type ProblemCode } from '../app/problem.ts';
import { go } from '../app/route.ts';
import { date } from '../app/time.ts';
import { Button } from '../ui/button.tsx';
import { Command, CopyButton } from '../ui/copy-button.tsx';
import { Choices, Field } from '../ui/field.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { Page, Skeleton } from '../ui/page.tsx';
import { Qr } from '../ui/qr.tsx';
import { Scanner } from '../ui/scanner.tsx';
import { t } from '../words/index.ts';
import { ContextChoice } from './contexts/choice.tsx';

const DAY_MS = 86_400_000;
const expiries = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
type Expiry = keyof typeof expiries;

/** A code that was shown but not handed on yet is shown again instead of making one more each time. */
let unused: string | null = null;

function LocalOnly() {
  return (
    <Note tone="warn" title={t.add.localTitle}>
      <p>{t.add.localIntro}</p>
      <p>{t.add.localLan}</p>
      <Command text={t.add.localLanCommand} />
      <p>{t.add.localPublic}</p>
      <Command text={t.add.localPublicCommand} />
    </Note>
  );
}

function Code({ invite }: { invite: Invite }) {
  return (
    <div className="stack">
      {invite.state === 'open' ? (
        <>
          <Qr text={invite.link} label={t.add.qrLabel} />
          <p className="soft small">{t.add.together}</p>
          <div className="link-box">
            <code dir="ltr" aria-label={t.add.link} role="note" data-testid="link">
              {invite.link}
            </code>
          </div>
          <CopyButton look="main" text={invite.link} label={t.add.copyLink} onCopied={() => (unused = null)} />
          <p className="soft small">{invite.reusable ? t.add.waitingMany : t.add.waiting}</p>
        </>
      ) : (
        <Note title={t.add.usedUp} />
      )}
      {invite.contested ? <Note tone="bad" title={t.add.contested} status /> : null}
      {invite.localOnly ? <LocalOnly /> : null}
    </div>
  );
}

function OpenInvitations({ invites, shown }: { invites: readonly Invite[]; shown: string | null }) {
  const kith = useKith();
  const revoke = useAction(async (invite: string) => {
    await kith.call('invite.revoke', { invite });
    announce(t.add.turnedOff);
  });
  const open = invites.filter(({ state, invite }) => state === 'open' && invite !== shown);
  return (
    <details className="disclosure">
      <summary>{t.add.open}</summary>
      <div className="disclosure-body">
        {revoke.problem === null ? null : <Problem code={revoke.problem} />}
        {open.length === 0 ? <p className="soft">{t.add.openNone}</p> : null}
        <ul>
          {open.map((invite) => (
            <li key={invite.invite} className="entry">
              <div className="entry-text">
                <p dir="auto">
                  {invite.label === '' ? (invite.reusable ? t.add.unnamedMany : t.add.unnamedOnce) : invite.label}
                </p>
                <p className="hint">
                  {t.add.uses(invite.uses)} · {t.add.until(date(invite.expires))}
                </p>
              </div>
              <CopyButton text={invite.link} label={t.common.copy} />
              <Button onPress={() => revoke.run(invite.invite)} isDisabled={revoke.busy}>
                {t.add.turnOff}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

function Show() {
  const kith = useKith();
  const [list] = useQuery('invite.list', none);
  const contacts = useContacts();
  const [kind, setKind] = useState<'once' | 'many'>('once');
  const [label, setLabel] = useState('');
  const [expiry, setExpiry] = useState<Expiry>('week');
  const contexts = useContextsIfKnown();
  const shownContext = contextOfShown(useShown());
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  /** What the list shows, until another is chosen. */
  const context = chosen === undefined ? shownContext : chosen;
  const isKnown = contexts !== undefined;
  const [shownId, setShownId] = useState<string | null>(null);
  const [made, setMade] = useState<Invite | null>(null);
  const [problem, setProblem] = useState<ProblemCode | null>(null);

  /** What is being asked for: asked twice it is made once, and a late answer to an earlier question is not shown. */
  const asked = useRef('');
  const make = useCallback(
    async (params: { reusable: boolean; label?: string; expiresMs?: number; context?: string }): Promise<void> => {
      const question = JSON.stringify(params);
      if (asked.current === question) return;
      asked.current = question;
      setProblem(null);
      setMade(null);
      try {
        const invites = await kith.call('invite.list', {});
        const plain = params.label === undefined && params.expiresMs === undefined;
        const known = invites.find(
          (invite) =>
            plain &&
            invite.state === 'open' &&
            !invite.contested &&
            invite.reusable === params.reusable &&
            invite.context === (params.context ?? null) &&
            (invite.reusable || invite.invite === unused),
        );
        const invite = known ?? (await kith.call('invite.create', params));
        if (!invite.reusable) unused = invite.invite;
        if (asked.current !== question) return;
        setShownId(invite.invite);
        setMade(invite);
      } catch (error) {
        setProblem(problemOf(error));
      } finally {
        if (asked.current === question) asked.current = '';
      }
    },
    [kith],
  );
  const plainly = useCallback(
    () => make({ reusable: kind === 'many', ...(context === null ? {} : { context }) }),
    [make, kind, context],
  );
  // Which name they will see has to be known before anything is made that shows one.
  useEffect(() => {
    if (isKnown) void plainly();
  }, [plainly, isKnown]);

  const invites = list.status === 'ready' ? list.value : [];
  const invite = invites.find((candidate) => candidate.invite === shownId) ?? made;
  const guest = contacts.find(({ conversation }) => conversation === invite?.conversation);
  const arrived = guest?.state === 'active' ? guest : null;
  useEffect(() => {
    if (arrived === null) return;
    announce(t.live.connected(namedOf(arrived)));
    go({ at: 'conversation', conversation: arrived.conversation }, 'replace');
  }, [arrived]);

  return (
    <>
      <ContextChoice label={t.contexts.choose} value={context} onChange={setChosen} />
      {problem !== null ? (
        <Problem code={problem} again={() => void plainly()} />
      ) : invite === null ? (
        <div aria-label={t.add.making}>
          <Skeleton />
        </div>
      ) : (
        <Code invite={invite} />
      )}
      <Choices
        label={t.add.kind}
        value={kind}
        onChange={setKind}
        row
        choices={[
          { value: 'once', label: t.add.once, hint: t.add.onceHint },
          { value: 'many', label: t.add.many, hint: t.add.manyHint },
        ]}
      />
      <div>
        <details className="disclosure">
          <summary>{t.add.more}</summary>
          <form
            className="disclosure-body stack"
            onSubmit={(event) => {
              event.preventDefault();
              const note = label.trim();
              void make({
                reusable: kind === 'many',
                expiresMs: expiries[expiry],
                ...(note === '' ? {} : { label: note }),
                ...(context === null ? {} : { context }),
              });
            }}
          >
            <Field label={t.add.labelField} hint={t.add.labelHint} value={label} onChange={setLabel} maxLength={64} />
            <Choices<Expiry>
              label={t.add.expiry}
              value={expiry}
              onChange={setExpiry}
              row
              choices={[
                { value: 'day', label: t.add.expiries.day },
                { value: 'week', label: t.add.expiries.week },
                { value: 'month', label: t.add.expiries.month },
              ]}
            />
            <div>
              <Button type="submit">{t.add.make}</Button>
            </div>
          </form>
        </details>
        <OpenInvitations invites={invites} shown={invite?.invite ?? null} />
      </div>
    </>
  );
}

/** A Kith invitation, as an address, a `kith:` code, or the piece after the `#` alone with either in front. */
export const isInvitation = (text: string): boolean => /^(?:kith:i#|https?:\/\/[^\s#]+\/i#)\S+$/u.test(text.trim());

function Scan() {
  const [text, setText] = useState('');
  const [camera, setCamera] = useState(false);
  const [wrong, setWrong] = useState(false);
  const take = (found: string): void => {
    setCamera(false);
    // Whatever was typed is looked at by the engine, which says what is wrong with it; a scanned shop label is not.
    if (isInvitation(found)) go({ at: 'invite', link: found.trim() });
    else setWrong(true);
  };
  return (
    <>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') go({ at: 'invite', link: text.trim() });
        }}
      >
        <Field
          label={t.add.paste}
          value={text}
          onChange={(value) => {
            setText(value);
            setWrong(false);
            if (isInvitation(value)) go({ at: 'invite', link: value.trim() });
          }}
          autoFocus
          input={{ spellCheck: false, enterKeyHint: 'go' }}
        />
        <Button type="submit" isDisabled={text.trim() === ''}>
          {t.add.pasteButton}
        </Button>
      </form>
      <Button look="main" icon={ScanLine} onPress={() => setCamera(!camera)}>
        {camera ? t.add.cameraStop : t.add.camera}
      </Button>
      {wrong ? <Note tone="warn" title={t.add.notACode} status /> : null}
      {camera ? <Scanner onCode={take} /> : null}
    </>
  );
}

export function Add({ mode }: { mode: 'show' | 'scan' }) {
  return (
    <Page title={t.add.title} narrow>
      <div className="row" role="group" aria-label={t.add.choose}>
        <Button
          icon={QrCode}
          aria-pressed={mode === 'show'}
          extra={mode === 'show' ? 'tab tab-on' : 'tab'}
          onPress={() => go({ at: 'add', mode: 'show' }, 'replace')}
        >
          {t.add.show}
        </Button>
        <Button
          icon={ScanLine}
          aria-pressed={mode === 'scan'}
          extra={mode === 'scan' ? 'tab tab-on' : 'tab'}
          onPress={() => go({ at: 'add', mode: 'scan' }, 'replace')}
        >
          {t.add.scan}
        </Button>
      </div>
      {mode === 'show' ? <Show /> : <Scan />}
    </Page>
  );
}
