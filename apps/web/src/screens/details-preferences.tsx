// How I want this one conversation: where it stands, whether it makes a sound, and when its messages go. Only I see this.
import type { Contact } from '@kith/core/client';
import { useMemo } from 'react';
import { useKith, useQuery } from '../app/kith.tsx';
import { SETTINGS } from '../app/settings.ts';
import { duration } from '../app/time.ts';
import { Choices, Switch } from '../ui/field.tsx';
import { t } from '../words/index.ts';

/** Seconds. */
const TIMERS = {
  '30s': 30,
  '5m': 300,
  '1h': 3_600,
  '8h': 28_800,
  '1d': 86_400,
  '1w': 604_800,
  '4w': 2_419_200,
} as const;
const SPELT = new Map<number, string>(Object.entries(TIMERS).map(([value, seconds]) => [seconds, value]));

export function Preferences({ contact }: { contact: Contact }) {
  const kith = useKith();
  const { conversation, timer } = contact;
  const params = useMemo(() => ({ in: conversation }), [conversation]);
  const [settings] = useQuery('set', params);
  const values = new Map(settings.status === 'ready' ? settings.value.map(({ key, value }) => [key, value]) : []);
  const put = (key: string, value: string): void => void kith.call('set', { key, value, in: conversation });
  const set = values.get('timer') ?? 'off';
  // One that was set in another way stands in the list as well.
  const chosen = timer === null ? 'off' : (SPELT.get(timer.seconds) ?? set);
  const choices = [
    { value: 'off', label: t.details.timerOff },
    ...Object.entries(TIMERS).map(([value, seconds]) => ({ value, label: duration(seconds) })),
    ...(timer === null || SPELT.has(timer.seconds) ? [] : [{ value: set, label: duration(timer.seconds) }]),
  ];
  return (
    <>
      <section className="section">
        <h3>{t.details.here}</h3>
        <p className="hint">{contact.deviceOnly ? t.details.deviceOnly : t.details.hereHint}</p>
        {(['pinned', 'muted', 'archived'] as const).map((key) => (
          <Switch
            key={key}
            label={t.details[key]}
            hint={t.details.hints[key]}
            on={contact[key]}
            onChange={(on) => put(key, on ? 'on' : 'off')}
          />
        ))}
        <Switch
          label={t.details.receipts}
          on={values.get(SETTINGS.receipts) === 'on'}
          onChange={(on) => put(SETTINGS.receipts, on ? 'on' : 'off')}
        />
      </section>
      <section className="section">
        <h3>{t.details.timer}</h3>
        <Choices
          label={t.details.timerAfter}
          value={chosen}
          choices={choices}
          onChange={(value) => put('timer', value)}
          row
        />
        <Choices
          label={t.details.timerFrom}
          value={values.get('timer-from') === 'sending' ? 'sending' : 'reading'}
          choices={[
            { value: 'reading', label: t.details.timerReading },
            { value: 'sending', label: t.details.timerSending },
          ]}
          onChange={(value) => put('timer-from', value)}
        />
        <p className="hint">{t.details.timerHint}</p>
      </section>
    </>
  );
}
