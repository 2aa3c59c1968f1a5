// The devices of the other side: always listed, since a new one may be somebody else's.
import { useQuery } from '../app/kith.tsx';
import { date } from '../app/time.ts';
import { t } from '../words/index.ts';

export function TheirDevices({ conversation }: { conversation: string }) {
  const [read] = useQuery('contact.devices', { conversation });
  if (read.status !== 'ready' || read.value.length === 0) return null;
  return (
    <section className="section" data-testid="their-devices">
      <h3>{t.devices.theirs}</h3>
      <ul className="plain">
        {read.value.map(({ device, addedAt, later, removed }) => (
          <li key={device}>
            {removed
              ? t.devices.theirsRemoved
              : later
                ? t.devices.theirsAdded(date(addedAt))
                : t.devices.theirsFirst(date(addedAt))}
          </li>
        ))}
      </ul>
      <p className="hint">{t.devices.theirsHint}</p>
    </section>
  );
}
