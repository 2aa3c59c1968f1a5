import type { DeviceLink } from '@kith/core/client';
import { QrCode } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { announce } from '../../app/announce.tsx';
import { nameThisDevice } from '../../app/device-name.ts';
import { none, useAction, useKith, useNow, useQuery } from '../../app/kith.tsx';
import { plainName } from '../../app/names.ts';
import { go } from '../../app/route.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Choices } from '../../ui/field.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Loaded, Page } from '../../ui/page.tsx';
import { Qr } from '../../ui/qr.tsx';
import { t } from '../../words/index.ts';
import { FourWords } from './four-words.tsx';

type History = 'all' | '30d' | 'none';

/** The clock on screen may be a moment behind the one by which the link was made. */
const LIVES_MS = 5 * 60_000;
/** "4:59" */
const minutes = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

function Code({
  link,
  onCode,
  onStop,
  busy,
}: {
  link: DeviceLink;
  onCode: () => void;
  onStop: () => void;
  busy: boolean;
}) {
  const now = useNow(1_000, true);
  return (
    <div className="stack">
      {link.code === null ? (
        <>
          <p>{t.devices.howTo}</p>
          <Qr text={link.link} label={t.devices.qrLabel} />
          <div className="link-box">
            <code dir="ltr" aria-label={t.devices.link} role="note" data-testid="device-link">
              {link.link}
            </code>
          </div>
        </>
      ) : (
        <>
          <p>{t.devices.codeHow}</p>
          <p className="short-code" dir="ltr" role="note" aria-label={t.devices.code} data-testid="device-code">
            {link.code}
          </p>
        </>
      )}
      <p role="timer" className="soft">
        {t.devices.left(minutes(Math.min(link.expires - now, LIVES_MS)))}
      </p>
      <div className="row">
        {link.code === null ? <CopyButton look="main" text={link.link} label={t.devices.copyLink} /> : null}
        {link.code === null ? (
          <Button onPress={onCode} isDisabled={busy}>
            {t.devices.noScan}
          </Button>
        ) : null}
        <Button onPress={onStop} isDisabled={busy}>
          {t.devices.stop}
        </Button>
      </div>
    </div>
  );
}

function Choose({
  history,
  onHistory,
  onStart,
  busy,
}: {
  history: History;
  onHistory: (history: History) => void;
  onStart: () => void;
  busy: boolean;
}) {
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onStart();
      }}
    >
      <Choices<History>
        label={t.devices.history}
        value={history}
        onChange={onHistory}
        choices={[
          { value: 'all', label: t.devices.histories.all, hint: t.devices.histories.allHint },
          { value: '30d', label: t.devices.histories.month, hint: t.devices.histories.monthHint },
          { value: 'none', label: t.devices.histories.none, hint: t.devices.histories.noneHint },
        ]}
      />
      <Note>
        <p>{t.devices.beforeCode}</p>
      </Note>
      <div>
        <Button look="main" icon={QrCode} type="submit" isDisabled={busy}>
          {busy ? t.devices.making : t.devices.showCode}
        </Button>
      </div>
    </form>
  );
}

function Over({
  tone,
  title,
  next,
  children,
}: {
  tone: 'calm' | 'good';
  title: string;
  next: string;
  children: ReactNode;
}) {
  return (
    <>
      <Note tone={tone} title={title} status>
        {next === '' ? null : <p>{next}</p>}
      </Note>
      <div className="row">{children}</div>
    </>
  );
}

export function AddDevice() {
  const kith = useKith();
  const linking = useQuery('device.linking', none);
  const [history, setHistory] = useState<History>('all');
  /** The link that this screen is about: the one that it made, or one that is still open. */
  const [made, setMade] = useState<number | null>(null);
  const now = useNow(1_000, true);
  const make = useAction(async (code: boolean) => {
    await nameThisDevice(kith);
    const { expires } = await kith.call('device.link', { history, confirm: true, code });
    setMade(expires);
  });
  const confirm = useAction(async (words: readonly string[]) => {
    await kith.call('device.confirm', { words: words.join(' ') });
  });
  const refuse = useAction(async () => {
    await kith.call('device.refuse', {});
  });
  const stop = (): void => {
    setMade(null);
    refuse.run();
    go({ at: 'devices' }, 'replace');
  };
  const value = linking[0].status === 'ready' ? linking[0].value.link : null;
  const shown = value !== null && (value.expires === made || value.state === 'open' || value.state === 'words');
  const isOver = value !== null && value.state === 'open' && value.expires <= now;
  const state = !shown ? 'none' : isOver ? 'expired' : value.state;

  /** The engine forgets who followed a link once that is over. */
  const [name, setName] = useState('');
  const guest = plainName(value?.name ?? '');
  useEffect(() => {
    if (guest !== '') setName(guest);
  }, [guest]);
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== state && state === 'done') announce(t.devices.done(name));
    if (before.current !== state && state === 'words') announce(t.devices.compare);
    before.current = state;
  }, [state, name]);

  const again = (
    <Button look="main" onPress={() => make.run(false)} isDisabled={make.busy}>
      {t.devices.again}
    </Button>
  );
  const toDevices = <Button onPress={() => go({ at: 'devices' }, 'replace')}>{t.devices.toDevices}</Button>;
  const problem = make.problem ?? confirm.problem ?? refuse.problem;
  return (
    <Page title={t.devices.add} narrow>
      <Loaded query={linking}>
        {() => {
          if (!shown || value === null)
            return <Choose history={history} onHistory={setHistory} onStart={() => make.run(false)} busy={make.busy} />;
          switch (state) {
            case 'none':
              return null;
            case 'open':
              return <Code link={value} onCode={() => make.run(true)} onStop={stop} busy={make.busy || refuse.busy} />;
            case 'words':
              return value.words === null ? (
                <>
                  <p role="status">{t.devices.followed(name)}</p>
                  <div>
                    <Button onPress={() => refuse.run()}>{t.devices.differ}</Button>
                  </div>
                </>
              ) : (
                <FourWords
                  words={value.words}
                  busy={confirm.busy || refuse.busy}
                  onMatch={() => confirm.run(value.words ?? [])}
                  onDiffer={() => refuse.run()}
                />
              );
            case 'done':
              return (
                <Over tone="good" title={t.devices.done(name)} next={t.devices.doneNext}>
                  {toDevices}
                </Over>
              );
            case 'expired':
              return (
                <Over tone="calm" title={t.devices.over} next="">
                  {again}
                  {toDevices}
                </Over>
              );
            case 'refused':
              return (
                <Over tone="calm" title={t.devices.refused} next={t.devices.refusedNext}>
                  {again}
                  {toDevices}
                </Over>
              );
          }
        }}
      </Loaded>
      {shown && value?.second === true ? (
        <Note tone="bad" title={value.state === 'done' ? t.devices.secondDone : t.devices.second} status />
      ) : null}
      {problem === null ? null : <Problem code={problem} />}
    </Page>
  );
}
