import type { DeviceView } from '@kith/core/client';
import { ScanLine } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { announce } from '../../app/announce.tsx';
import { guessedName } from '../../app/device-name.ts';
import { none, useAction, useContacts, useKith, useQuery } from '../../app/kith.tsx';
import { isListed } from '../../app/names.ts';
import type { ProblemCode } from '../../app/problem.ts';
import { go, goToList } from '../../app/route.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Field } from '../../ui/field.tsx';
import { Question } from '../../ui/modal.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Page, Skeleton } from '../../ui/page.tsx';
import { Scanner } from '../../ui/scanner.tsx';
import { t } from '../../words/index.ts';
import { Coming } from './coming.tsx';
import { FourWords } from './four-words.tsx';

/** As an address or a `kith:` code. */
const isDeviceLink = (text: string): boolean => /^(?:kith:|https?:\/\/[^\s#]+\/)d#\S+$/u.test(text.trim());
const isInvitation = (text: string): boolean => /^(?:kith:|https?:\/\/[^\s#]+\/)i#/u.test(text.trim());
/** Twelve letters and digits, however they were grouped. */
const isShortCode = (text: string): boolean => /^[0-9a-z]{12}$/iu.test(text.replaceAll(/[\s-]/gu, ''));

function Ask({
  link,
  onJoin,
  busy,
}: {
  link: string | null;
  onJoin: (link: string, name: string) => void;
  busy: boolean;
}) {
  const [text, setText] = useState('');
  const [name, setName] = useState(guessedName);
  const [camera, setCamera] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const take = (found: string): void => {
    if (isDeviceLink(found) || isShortCode(found)) onJoin(found.trim(), name.trim());
    else setWrong(isInvitation(found) ? t.devices.joinNotLink : t.devices.joinNoCode);
  };
  return (
    <>
      {link === null ? (
        <p>{t.devices.joinHow}</p>
      ) : (
        <div className="stack-tight">
          <p>{t.devices.joinLinkIntro}</p>
          <p>{t.devices.joinLinkOwn}</p>
        </div>
      )}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          take(link ?? text);
        }}
      >
        {link === null ? (
          <Field
            label={t.devices.joinField}
            value={text}
            onChange={(value) => {
              setText(value);
              setWrong(null);
            }}
            autoFocus
            input={{ spellCheck: false, enterKeyHint: 'go' }}
          />
        ) : null}
        <Field label={t.devices.name} hint={t.devices.nameHint} value={name} onChange={setName} maxLength={64} />
        {wrong === null ? null : <Note tone="warn" title={wrong} status />}
        <Button look="main" wide type="submit" isDisabled={busy || (link === null && text.trim() === '')}>
          {busy ? t.devices.joinBusy : t.devices.joinDo}
        </Button>
        {link === null ? (
          <Button icon={ScanLine} wide onPress={() => setCamera(!camera)}>
            {camera ? t.add.cameraStop : t.devices.joinCamera}
          </Button>
        ) : null}
        <Button wide onPress={goToList}>
          {t.common.notNow}
        </Button>
        {link === null ? (
          <div>
            <Button look="link" onPress={() => go({ at: 'recovery', mode: 'use' })}>
              {t.recovery.lostAll}
            </Button>
          </div>
        ) : null}
      </form>
      {camera ? (
        <Scanner
          onCode={(found) => {
            setCamera(false);
            take(found);
          }}
        />
      ) : null}
    </>
  );
}

function Used({
  link,
  busy,
  problem,
  onMerge,
}: {
  link: string | null;
  busy: boolean;
  problem: ProblemCode | null;
  onMerge: (link: string) => void;
}) {
  const [asks, setAsks] = useState(false);
  return (
    <Page key="used" title={t.devices.usedTitle} narrow>
      <p>{t.devices.used}</p>
      <p>{t.devices.usedNext}</p>
      {link === null ? null : <CopyButton look="main" text={link} label={t.devices.usedCopy} />}
      <Button onPress={() => go({ at: 'devices' }, 'replace')}>{t.devices.toDevices}</Button>
      <Button onPress={goToList}>{t.invite.home}</Button>
      {link === null ? null : (
        <section className="section" aria-label={t.devices.mergeTitle}>
          <h2>{t.devices.mergeTitle}</h2>
          <p>{t.devices.merge}</p>
          <div>
            <Button onPress={() => setAsks(true)} isDisabled={busy}>
              {t.devices.mergeDo}
            </Button>
          </div>
        </section>
      )}
      {problem === null ? null : <Problem code={problem} />}
      {asks && link !== null ? (
        <Question
          title={t.devices.joinLinkTitle}
          body={`${t.devices.joinLinkIntro} ${t.devices.joinLinkOwn}`}
          yes={t.devices.mergeDo}
          onYes={() => {
            setAsks(false);
            onMerge(link);
          }}
          onNo={() => setAsks(false)}
        />
      ) : null}
    </Page>
  );
}

function Joined() {
  const contacts = useContacts().filter(isListed);
  return (
    <Page key="joined" title={t.devices.joined} narrow>
      <Note tone="good" title={t.devices.joinedNext} status>
        <p>{t.devices.joinedSoFar(contacts.length)}</p>
      </Note>
      <Coming />
      <Button look="main" autoFocus onPress={goToList}>
        {t.devices.joinedOpen}
      </Button>
    </Page>
  );
}

const nameOf = (devices: readonly DeviceView[]): string => {
  const name = devices.find(({ thisDevice }) => thisDevice)?.name ?? '';
  return name === '' ? guessedName() : name;
};

/** Makes this device one of somebody's: by a link that was opened, or by what another device of theirs shows. */
export function Join({ link }: { link: string | null }) {
  const kith = useKith();
  const [linking, again] = useQuery('device.linking', none);
  const [devices] = useQuery('device.list', none);
  const [contacts] = useQuery('contact.list', none);
  const wasJoining = useRef(false);
  const join = useAction(async (text: string, name: string, merge: boolean) => {
    await kith.call('device.join', { link: text, name, merge });
    wasJoining.current = true;
    again();
  });
  const confirm = useAction(async (words: readonly string[]) => {
    await kith.call('device.confirm', { words: words.join(' ') });
  });
  const stop = useAction(async () => {
    wasJoining.current = false;
    await kith.call('device.refuse', {});
  });
  const joining = linking.status === 'ready' ? linking.value.joining : null;
  const own = devices.status === 'ready' ? devices.value.find(({ thisDevice }) => thisDevice) : undefined;
  const isIn = joining === null && own !== undefined && own.addedBy !== null;
  const isNew = isIn && (wasJoining.current || link === null);
  const isAsked = joining?.state === 'words';
  useEffect(() => {
    if (joining !== null) wasJoining.current = true;
  }, [joining]);
  useEffect(() => {
    if (isAsked) announce(t.devices.compare);
  }, [isAsked]);
  useEffect(() => {
    // The link has served: it is not kept in the history of this window.
    if (isNew && link !== null) go({ at: 'device', link: null }, 'replace');
  }, [isNew, link]);

  if (linking.status === 'failed') {
    return (
      <Page key="failed" title={t.devices.joinTitle} narrow>
        <Problem code={linking.problem} again={again} />
      </Page>
    );
  }
  if (linking.status === 'loading' || devices.status === 'loading' || contacts.status === 'loading') {
    return (
      <Page key="loading" title={t.devices.joinTitle} narrow>
        <Skeleton />
      </Page>
    );
  }
  if (isNew) return <Joined />;
  const isUsed =
    (contacts.status === 'ready' && contacts.value.length > 0) ||
    (devices.status === 'ready' && devices.value.length > 1);
  if (isUsed && joining === null) {
    return (
      <Used
        link={link}
        busy={join.busy}
        problem={join.problem}
        onMerge={(own) => join.run(own, devices.status === 'ready' ? nameOf(devices.value) : '', true)}
      />
    );
  }
  const problem = join.problem ?? confirm.problem ?? stop.problem;
  const failed = problem === null ? null : <Problem code={problem} />;
  const stopButton = (
    <div>
      <Button onPress={() => stop.run()} isDisabled={stop.busy}>
        {t.devices.joinStop}
      </Button>
    </div>
  );
  if (joining !== null) {
    return (
      <Page key={joining.state} title={t.devices.joinTitle} narrow>
        {joining.state === 'words' && joining.words !== null ? (
          <FourWords
            words={joining.words}
            busy={confirm.busy || stop.busy}
            onMatch={() => confirm.run(joining.words ?? [])}
            onDiffer={() => stop.run()}
          />
        ) : (
          <>
            <Note title={joining.words === null ? t.devices.joinWaiting : t.devices.joinConfirmed} status>
              <p>{t.devices.joinWaitingHint}</p>
            </Note>
            {stopButton}
          </>
        )}
        {failed}
      </Page>
    );
  }
  return (
    <Page key="ask" title={link === null ? t.devices.joinTitle : t.devices.joinLinkTitle} narrow>
      <Ask link={link} busy={join.busy} onJoin={(text, name) => join.run(text, name, false)} />
      {failed}
    </Page>
  );
}
