import { none, useKith, useQuery } from '../../app/kith.tsx';
import { SETTINGS, useSettings } from '../../app/settings.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Mark } from '../../ui/drawing.tsx';
import { t } from '../../words/index.ts';

interface Out {
  readonly at: number;
  readonly wiped: boolean;
}

/** That this device was removed, until it has been read. */
export function useOut(): Out | null {
  const [linking] = useQuery('device.linking', none);
  const settings = useSettings();
  const removed = linking.status === 'ready' ? linking.value.removed : null;
  if (removed === null || settings === null) return null;
  return settings.get(SETTINGS.hintRemoved) === String(removed.at) ? null : removed;
}

export function Removed({ out }: { out: Out }) {
  const kith = useKith();
  const read = (): void =>
    void kith.call('set', { key: SETTINGS.hintRemoved, value: String(out.at) }).catch(() => undefined);
  return (
    <main className="welcome" id="main" tabIndex={-1}>
      <div className="welcome-body">
        <div className="welcome-head">
          <Mark />
          <h1>{t.devices.outTitle}</h1>
          <p>{out.wiped ? t.devices.outWiped : t.devices.outIntro(date(out.at))}</p>
        </div>
        {out.wiped ? null : (
          <>
            <h2>{t.devices.outStays}</h2>
            <ul className="bullets">
              {t.devices.stays.map((point) => (
                <li key={point}>{point}</li>
              ))}
            </ul>
          </>
        )}
        <p className="soft">{t.devices.outWrong}</p>
        <Button look="main" wide autoFocus onPress={read}>
          {out.wiped ? t.devices.outFresh : t.devices.outRead}
        </Button>
      </div>
    </main>
  );
}
