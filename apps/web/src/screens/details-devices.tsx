// The devices of the other side: always listed, since a new one may be somebody else's.
import { useQuery } from '../app/kith.tsx';
import { date } from '../app/time.ts';
import { Note } from '../ui/note.tsx';
import { t } from '../words/index.ts';

export function TheirDevices({ conversation, name }: { conversation: string; name: string }) {
  const [read] = useQuery('contact.devices', { conversation });
  if (read.status !== 'ready' || read.value.length === 0) return null;
  const isDisputed = read.value.some(({ disputed }) => disputed);
  return (
    <section className="section" data-testid="their-devices">
      <h3>{t.devices.theirs}</h3>
      {isDisputed ? (
        <Note tone="bad" title={t.devices.disputedTitle(name)}>
          <p>{t.devices.disputedMeans}</p>
          <p>{t.devices.disputedNext(name)}</p>
        </Note>
      ) : null}
      <ul className="plain">
        {read.value.map(({ device, addedAt, later, removed, disputed }) => (
          <li key={device}>
            {removed
              ? t.devices.theirsRemoved
              : later
                ? t.devices.theirsAdded(date(addedAt))
                : t.devices.theirsFirst(date(addedAt))}
            {disputed ? <span className="pill pill-bad">{t.devices.theirsDisputed}</span> : null}
          </li>
        ))}
      </ul>
      {isDisputed ? null : <p className="hint">{t.devices.theirsHint}</p>}
    </section>
  );
}
