import type { DeviceView } from '@kith/core/client';
import { Archive, MonitorSmartphone, Plus, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { announce } from '../../app/announce.tsx';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { deviceName } from '../../app/names.ts';
import { go } from '../../app/route.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Loaded, Page } from '../../ui/page.tsx';
import { t } from '../../words/index.ts';
import { Disputes } from '../recovery/disputes.tsx';
import { AddDevice } from './add.tsx';
import { Coming } from './coming.tsx';
import { RemoveDevice, RemovedNow, type Removal } from './remove.tsx';
import { Strays } from './strays.tsx';

const nameIn = (devices: readonly DeviceView[], id: string | null): string => {
  const found = devices.find(({ device }) => device === id);
  return found === undefined ? '' : deviceName(found);
};

function Entry({
  device,
  devices,
  onRemove,
}: {
  device: DeviceView;
  devices: readonly DeviceView[];
  onRemove: ((device: DeviceView) => void) | null;
}) {
  const { addedAt, addedBy, refusableUntil, thisDevice, revoked, backup } = device;
  const name = deviceName(device);
  return (
    <li className="entry" data-device={device.device}>
      <Icon of={backup ? Archive : MonitorSmartphone} />
      <div className="entry-text">
        <p dir="auto">{name === '' ? t.devices.unnamed : name}</p>
        {addedAt === 0 ? null : (
          <p className="hint">
            {addedBy === null
              ? t.devices.began(date(addedAt))
              : t.devices.added(date(addedAt), nameIn(devices, addedBy))}
          </p>
        )}
        {backup && !revoked ? <p className="hint">{t.devices.backup}</p> : null}
        {refusableUntil === null ? null : <p className="hint">{t.devices.refusable(date(refusableUntil))}</p>}
      </div>
      {thisDevice ? <span className="pill pill-good">{t.devices.thisDevice}</span> : null}
      {revoked ? <span className="pill">{t.devices.removedMark}</span> : null}
      {thisDevice || revoked || onRemove === null ? null : (
        <Button look="bad" onPress={() => onRemove(device)} aria-label={t.devices.removeOf(name)}>
          {t.devices.remove}
        </Button>
      )}
    </li>
  );
}

function Name({ own }: { own: DeviceView }) {
  const kith = useKith();
  const [typed, setTyped] = useState<string | null>(null);
  const save = useAction(async (name: string) => {
    await kith.call('device.name', { name });
    setTyped(null);
    announce(t.common.saved);
  });
  const wanted = (typed ?? own.name).trim();
  return (
    <form
      className="stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== own.name) save.run(wanted);
      }}
    >
      <Field
        label={t.devices.name}
        hint={t.devices.nameHint}
        value={typed ?? own.name}
        onChange={setTyped}
        maxLength={64}
      />
      <div>
        <Button type="submit" isDisabled={wanted === own.name || save.busy}>
          {t.devices.rename}
        </Button>
      </div>
      {save.problem === null ? null : <Problem code={save.problem} />}
    </form>
  );
}

function Offline() {
  const [status] = useQuery('status', none);
  if (status.status !== 'ready' || status.value.connection !== 'offline') return null;
  return (
    <Note tone="warn" status>
      <p>{t.devices.offline}</p>
    </Note>
  );
}

/** Said where it is looked for, too: who came too late to a link may have been meant, or may not. */
function Second() {
  const [linking] = useQuery('device.linking', none);
  const link = linking.status === 'ready' ? linking.value.link : null;
  return link?.second === true && link.state === 'done' ? (
    <Note tone="warn" title={t.devices.secondDone} status />
  ) : null;
}

function List({ devices, lost }: { devices: readonly DeviceView[]; lost: boolean }) {
  const [removing, setRemoving] = useState<DeviceView | null>(null);
  const [removal, setRemoval] = useState<Removal | null>(null);
  const own = devices.find(({ thisDevice }) => thisDevice);
  const active = devices.filter(({ revoked, thisDevice }) => !revoked && !(lost && thisDevice));
  const gone = devices.filter(({ revoked }) => revoked);
  const list = (shown: readonly DeviceView[]) => (
    <ul>
      {shown.map((device) => (
        <Entry key={device.device} device={device} devices={devices} onRemove={setRemoving} />
      ))}
    </ul>
  );
  return (
    <>
      {removal === null ? null : <RemovedNow removal={removal} />}
      {lost && removal === null ? <p>{active.length === 0 ? t.devices.lostNone : t.devices.lostIntro}</p> : null}
      {lost ? null : <p className="soft">{active.length === 1 ? t.devices.onlyOne : t.devices.intro}</p>}
      <Disputes />
      <Strays />
      <Offline />
      {lost ? null : <Coming />}
      {lost ? null : <Second />}
      {active.length === 0 ? null : (
        <section className="section" aria-label={t.devices.yours}>
          <h2>{t.devices.yours}</h2>
          {list(active)}
        </section>
      )}
      <div className="row">
        {lost ? (
          <Button onPress={() => go({ at: 'devices' }, 'replace')}>{t.devices.toDevices}</Button>
        ) : (
          <>
            <Button look="main" icon={Plus} onPress={() => go({ at: 'devices', mode: 'add' })}>
              {t.devices.add}
            </Button>
            {active.length < 2 ? null : (
              <Button icon={TriangleAlert} onPress={() => go({ at: 'devices', mode: 'lost' })}>
                {t.devices.lost}
              </Button>
            )}
          </>
        )}
      </div>
      {own === undefined || lost ? null : <Name own={own} />}
      {gone.length === 0 || lost ? null : (
        <section className="section" aria-label={t.devices.gone}>
          <h2>{t.devices.gone}</h2>
          {list(gone)}
        </section>
      )}
      {removing === null ? null : (
        <RemoveDevice
          device={removing}
          onClose={() => setRemoving(null)}
          onDone={(done) => {
            setRemoving(null);
            setRemoval(done);
          }}
        />
      )}
    </>
  );
}

export function Devices({ mode }: { mode: 'list' | 'add' | 'lost' }) {
  const devices = useQuery('device.list', none);
  if (mode === 'add') return <AddDevice />;
  const lost = mode === 'lost';
  return (
    <Page key={mode} title={lost ? t.devices.lostTitle : t.devices.title} narrow={lost}>
      <Loaded query={devices}>{(list) => <List devices={list} lost={lost} />}</Loaded>
    </Page>
  );
}
