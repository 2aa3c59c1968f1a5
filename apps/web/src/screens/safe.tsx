// "Keep it safe": the four things that bring conversations back, on a page of its own. Nobody is sent here before there is
// something to lose.
import { MonitorSmartphone } from 'lucide-react';
import { useSyncExternalStore, type ReactNode } from 'react';
import { install, isInstallable, onInstallability } from '../app/installability.ts';
import { none, useQuery } from '../app/kith.tsx';
import { go } from '../app/route.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { t } from '../words/index.ts';
import { RecoveryWords } from './recovery/section.tsx';
import { BackupFile } from './settings-backup.tsx';

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Safe() {
  const [devices] = useQuery('device.list', none);
  const installable = useSyncExternalStore(onInstallability, isInstallable);
  const active =
    devices.status === 'ready' ? devices.value.filter(({ revoked, backup }) => !revoked && !backup).length : 1;
  return (
    <Page title={t.safe.title} narrow>
      <p>{t.safe.intro}</p>
      <Part title={t.safe.device}>
        <p>{active > 1 ? t.safe.devices(active) : t.safe.oneDevice}</p>
        <div className="row">
          <Button icon={MonitorSmartphone} onPress={() => go({ at: 'devices', mode: 'add' })}>
            {t.devices.add}
          </Button>
          {active > 1 ? <Button onPress={() => go({ at: 'devices' })}>{t.devices.toDevices}</Button> : null}
        </div>
      </Part>
      <Part title={t.safe.backup}>
        <BackupFile />
      </Part>
      <Part title={t.recovery.section}>
        <RecoveryWords />
      </Part>
      {installable ? (
        <Part title={t.safe.install}>
          <p>{t.safe.installWhat}</p>
          <div>
            <Button onPress={install}>{t.settings.install}</Button>
          </div>
        </Part>
      ) : null}
    </Page>
  );
}
