import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { announce } from '../app/announce.tsx';
import { install, isInstallable, onInstallability } from '../app/installability.ts';
import { none, useAction, useKith, usePlatform, useQuery } from '../app/kith.tsx';
import { askForNotifications } from '../app/notifications.ts';
import { shrinkPicture } from '../app/picture.ts';
import { go } from '../app/route.ts';
import { applyTheme, SETTINGS, useSettings, type SettingName } from '../app/settings.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Choices, Field, Switch } from '../ui/field.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { Loaded, Page } from '../ui/page.tsx';
import { t } from '../words/index.ts';
import { Contexts } from './contexts/section.tsx';
import { Backup } from './settings-backup.tsx';
import { LockSettings } from './settings-lock.tsx';

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function You() {
  const kith = useKith();
  const profile = useQuery('profile.get', none);
  const file = useRef<HTMLInputElement>(null);
  const [name, setName] = useState<string | null>(null);
  const save = useAction(async (params: { name?: string; picture?: Uint8Array | null }) => {
    await kith.call('profile.set', params);
    announce(t.common.saved);
  });
  const [unreadable, setUnreadable] = useState(false);
  const choose = async (chosen: File): Promise<void> => {
    const picture = await shrinkPicture(chosen);
    setUnreadable(picture === null);
    if (picture !== null) save.run({ picture });
  };
  return (
    <Loaded query={profile}>
      {(known) => (
        <>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              save.run({ name: (name ?? known.name).trim() });
            }}
          >
            <Field
              label={t.settings.name}
              hint={t.settings.nameHint}
              value={name ?? known.name}
              onChange={setName}
              maxLength={64}
              onBlur={() => {
                if (name !== null && name.trim() !== known.name) save.run({ name: name.trim() });
              }}
            />
          </form>
          <div className="row">
            <Avatar name={known.name === '' ? t.common.you : known.name} picture={known.picture} large />
            <div className="grow row">
              <Button onPress={() => file.current?.click()}>{t.settings.pictureChoose}</Button>
              {known.picture === null ? null : (
                <Button onPress={() => save.run({ picture: null })}>{t.settings.pictureRemove}</Button>
              )}
              <p className="hint">{t.settings.pictureHint}</p>
              <input
                ref={file}
                type="file"
                accept="image/*"
                hidden
                aria-label={t.settings.pictureChoose}
                onChange={(event) => {
                  const chosen = event.target.files?.[0];
                  if (chosen !== undefined) void choose(chosen);
                }}
              />
            </div>
          </div>
          {unreadable ? <Problem code="bad-picture" /> : null}
          {save.problem === null ? null : <Problem code={save.problem} />}
        </>
      )}
    </Loaded>
  );
}

function Notifications({ value, put }: { value: string; put: (value: string) => void }) {
  const kith = useKith();
  const supported = 'Notification' in globalThis;
  const [permission, setPermission] = useState(supported ? Notification.permission : 'denied');
  if (!supported) return <p>{t.settings.notificationsUnsupported}</p>;
  if (permission === 'denied') return <p>{t.settings.notificationsDenied}</p>;
  return (
    <>
      <Choices
        label={t.settings.notifications}
        value={permission === 'granted' ? (value === 'plain' || value === 'name' ? value : 'off') : 'off'}
        choices={[
          { value: 'off', label: t.settings.notificationsOff },
          { value: 'plain', label: t.settings.notificationsPlain },
          { value: 'name', label: t.settings.notificationsName },
        ]}
        onChange={(wanted) => {
          if (wanted === 'off' || permission === 'granted') put(wanted);
          else {
            void askForNotifications(kith).then((answer) => {
              setPermission(answer);
              if (answer === 'granted') put(wanted);
            });
          }
        }}
      />
      <p className="hint">{t.settings.notificationsHint}</p>
    </>
  );
}

function Relays() {
  const kith = useKith();
  const relays = useQuery('relay.list', none);
  const [url, setUrl] = useState('');
  const act = useAction(async (work: () => Promise<unknown>) => {
    await work();
    relays[1]();
  });
  return (
    <>
      <p className="hint">{t.settings.relaysHint}</p>
      <Loaded query={relays}>
        {(list) => (
          <>
            {list.length === 0 ? <Note tone="warn" title={t.settings.relayNone} /> : null}
            <ul>
              {list.map((relay) => (
                <li key={relay.url} className="entry">
                  <div className="entry-text">
                    <p dir="ltr">{relay.url}</p>
                    <p className={`pill ${relay.reachable ? 'pill-good' : 'pill-warn'}`}>
                      {relay.reachable
                        ? relay.latencyMs === null
                          ? t.settings.relayReachable
                          : t.settings.relayOk(Math.round(relay.latencyMs))
                        : t.settings.relayDown}
                    </p>
                  </div>
                  <Button
                    onPress={() => act.run(() => kith.call('relay.remove', { url: relay.url }))}
                    aria-label={t.settings.relayRemove(relay.url)}
                  >
                    {t.settings.relayRemove('').trim()}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          act.run(async () => {
            await kith.call('relay.add', { url: url.trim() });
            setUrl('');
          });
        }}
      >
        <Field
          label={t.settings.relayAddress}
          value={url}
          onChange={setUrl}
          input={{ inputMode: 'url', spellCheck: false, placeholder: 'https://' }}
        />
        <div className="row">
          <Button type="submit" isDisabled={url.trim() === '' || act.busy}>
            {t.settings.relayAdd}
          </Button>
          <Button onPress={() => act.run(async () => undefined)} isDisabled={act.busy}>
            {act.busy ? t.settings.relayTesting : t.settings.relayTest}
          </Button>
        </div>
      </form>
      {act.problem === null ? null : <Problem code={act.problem} />}
    </>
  );
}

function Storage() {
  const platform = usePlatform();
  const [persisted, setPersisted] = useState<boolean | null>(null);
  const [used, setUsed] = useState<number | null>(null);
  const [refused, setRefused] = useState(false);
  const installable = useSyncExternalStore(onInstallability, isInstallable);
  useEffect(() => {
    void platform.persisted().then(setPersisted);
    void platform.usedBytes().then(setUsed);
  }, [platform]);
  const persist = async (): Promise<void> => {
    const granted = await platform.persist();
    setPersisted(granted);
    setRefused(!granted);
  };
  return (
    <>
      <p role="status">
        {persisted === null ? t.settings.storageUnknown : persisted ? t.settings.persisted : t.settings.notPersisted}
      </p>
      {persisted === false ? (
        <div>
          <Button onPress={() => void persist()}>{t.settings.persist}</Button>
        </div>
      ) : null}
      {installable ? (
        <div>
          <Button onPress={install}>{t.settings.install}</Button>
        </div>
      ) : null}
      {refused ? <Note title={t.settings.persistRefused} status /> : null}
      {used === null ? null : (
        <p className="hint">
          {t.settings.used((used / 2 ** 20).toLocaleString(t.locale, { maximumFractionDigits: 1 }))}
        </p>
      )}
    </>
  );
}

function About() {
  const platform = usePlatform();
  const [status] = useQuery('status', none);
  const [build, setBuild] = useState<string | null>(null);
  useEffect(() => void platform.build().then(setBuild), [platform]);
  return (
    <>
      <p>{t.settings.unaudited}</p>
      <p className="hint">
        {status.status === 'ready' ? `${t.settings.version(status.value.version)} · ` : ''}
        {t.settings.build(build ?? t.settings.buildUnknown)} · {t.settings.licence}
      </p>
      <div className="row">
        <Button look="link" onPress={() => go({ at: 'help', page: 'protects' })}>
          {t.help.protects.title}
        </Button>
        <Button look="link" onPress={() => go({ at: 'help', page: 'cannot' })}>
          {t.help.cannot.title}
        </Button>
      </div>
    </>
  );
}

export function Settings({ onKeyboard }: { onKeyboard: () => void }) {
  const kith = useKith();
  const settings = useSettings();
  const act = useAction(async (name: SettingName, value: string) => {
    await kith.call('set', { key: SETTINGS[name], value });
  });
  const get = (name: SettingName): string => settings?.get(SETTINGS[name]) ?? '';
  const theme = get('theme');
  return (
    <Page title={t.settings.title}>
      {act.problem === null ? null : <Problem code={act.problem} />}
      <Section title={t.settings.you}>
        <You />
      </Section>
      <Section title={t.contexts.section}>
        <Contexts />
      </Section>
      <Section title={t.devices.title}>
        <p className="hint">{t.devices.intro}</p>
        <div className="row">
          <Button onPress={() => go({ at: 'devices' })}>{t.devices.toDevices}</Button>
          <Button onPress={() => go({ at: 'devices', mode: 'add' })}>{t.devices.add}</Button>
        </div>
      </Section>
      <Section title={t.safe.title}>
        <p className="hint">{t.safe.intro}</p>
        <div>
          <Button onPress={() => go({ at: 'safe' })}>{t.safe.title}</Button>
        </div>
      </Section>
      <Section title={t.settings.privacy}>
        <Switch
          label={t.settings.receipts}
          hint={t.settings.receiptsHint}
          on={get('receipts') === 'on'}
          onChange={(on) => act.run('receipts', on ? 'on' : 'off')}
        />
        <Switch
          label={t.settings.typing}
          hint={t.settings.typingHint}
          on={get('typing') === 'on'}
          onChange={(on) => act.run('typing', on ? 'on' : 'off')}
        />
      </Section>
      <Section title={t.lock.section}>
        <LockSettings after={get('lockAfter')} putAfter={(value) => act.run('lockAfter', value)} />
      </Section>
      <Section title={t.settings.writing}>
        <Choices
          label={t.settings.enter}
          value={get('enterSends') === 'off' ? 'off' : 'on'}
          onChange={(value) => act.run('enterSends', value)}
          choices={[
            { value: 'on', label: t.settings.enterSends },
            { value: 'off', label: t.settings.enterNewline },
          ]}
        />
      </Section>
      <Section title={t.settings.look}>
        <Choices
          label={t.settings.theme}
          row
          value={theme === 'light' || theme === 'dark' ? theme : 'system'}
          onChange={(value) => {
            applyTheme(value);
            act.run('theme', value);
          }}
          choices={[
            { value: 'system', label: t.settings.themes.system },
            { value: 'light', label: t.settings.themes.light },
            { value: 'dark', label: t.settings.themes.dark },
          ]}
        />
        <Choices
          label={t.settings.language}
          value="en"
          onChange={() => undefined}
          choices={[{ value: 'en', label: t.settings.languages.en }]}
        />
      </Section>
      <Section title={t.settings.notifications}>
        <Notifications value={get('notifications')} put={(value) => act.run('notifications', value)} />
      </Section>
      <Section title={t.settings.relays}>
        <Relays />
      </Section>
      <Section title={t.settings.storage}>
        <Storage />
      </Section>
      <Section title={t.backup.section}>
        <Backup />
      </Section>
      <Section title={t.settings.help}>
        <Switch
          label={t.settings.hints}
          hint={t.settings.hintsHint}
          on={get('hints') !== 'off'}
          onChange={(on) => act.run('hints', on ? 'on' : 'off')}
        />
        <div>
          <Button onPress={onKeyboard}>{t.keyboard.title}</Button>
        </div>
      </Section>
      <Section title={t.settings.about}>
        <About />
      </Section>
    </Page>
  );
}
