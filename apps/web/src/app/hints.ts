// Hints are calm: at most one a day, none in the first minute, and what was put away stays away on all devices (it is a
// setting).
import { useEffect, useRef, useState } from 'react';
import { useKith } from './kith.tsx';
import { SETTINGS, useSettings, type SettingName } from './settings.ts';

const FIRST_MINUTE_MS = 60_000;
const opened = performance.now();

const today = (): string => new Date().toISOString().slice(0, 10);

function useFirstMinuteOver(): boolean {
  const [over, setOver] = useState(performance.now() - opened >= FIRST_MINUTE_MS);
  useEffect(() => {
    if (over) return;
    const timer = setTimeout(() => setOver(true), FIRST_MINUTE_MS - (performance.now() - opened));
    return () => clearTimeout(timer);
  }, [over]);
  return over;
}

/** Whether a hint that is `due` is shown now. It stays once it is shown, until it is put away or no longer due. */
export function useHint(name: SettingName, due: boolean): boolean {
  const kith = useKith();
  const settings = useSettings();
  const late = useFirstMinuteOver();
  const shownHere = useRef(false);
  const show =
    due &&
    late &&
    settings !== null &&
    settings.get(SETTINGS.hints) !== 'off' &&
    settings.get(SETTINGS[name]) !== 'off' &&
    (shownHere.current || settings.get(SETTINGS.hintDay) !== today());
  useEffect(() => {
    if (!show || shownHere.current) return;
    shownHere.current = true;
    void kith.call('set', { key: SETTINGS.hintDay, value: today() }).catch(() => undefined);
  }, [show, kith]);
  return show;
}
