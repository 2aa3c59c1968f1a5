import { none, useQuery } from '../../app/kith.tsx';
import { t } from '../../words/index.ts';

/** How far the history is that comes from one's other devices; nothing when none is under way. */
export function Coming() {
  const [linking] = useQuery('device.linking', none);
  const history = linking.status === 'ready' ? linking.value.history : null;
  if (history === null) return null;
  const done = Math.max(0, history.of - history.left);
  const say = (n: number): string => n.toLocaleString(t.locale);
  return (
    <div className="stack-tight">
      <progress className="progress" value={done} max={history.of} aria-label={t.devices.comingLabel} />
      <p className="hint">{t.devices.coming(say(done), say(history.of))}</p>
    </div>
  );
}
