import { none, useKith, useQuery } from './kith.tsx';

/** The settings that the screens read and write. `hint.*` remembers, on all devices, what was put away for good. */
export const SETTINGS = {
  receipts: 'read-receipts',
  typing: 'typing',
  enterSends: 'enter-sends',
  theme: 'theme',
  notifications: 'notifications',
  hints: 'hints',
  lockAfter: 'lock-after',
  hintCheck: 'hint.check',
  hintNotifications: 'hint.notifications',
  hintPersist: 'hint.persist',
  hintDay: 'hint.day',
  hintDevice: 'hint.device',
  hintBackup: 'hint.backup',
  hintRemoved: 'hint.removed',
} as const;
export type SettingName = keyof typeof SETTINGS;

/** The values of all settings by key, or null while they are read. */
export function useSettings(): ReadonlyMap<string, string> | null {
  const [settings] = useQuery('set', none);
  return settings.status === 'ready' ? new Map(settings.value.map(({ key, value }) => [key, value])) : null;
}

export function useSetting(name: SettingName): readonly [string | null, (value: string) => void] {
  const kith = useKith();
  const settings = useSettings();
  return [
    settings === null ? null : (settings.get(SETTINGS[name]) ?? ''),
    (value) => void kith.call('set', { key: SETTINGS[name], value }),
  ];
}

/** Kept outside the engine too, so that the first picture of the next start has the right colours. */
export function applyTheme(theme: string): void {
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem('theme', theme);
  } else {
    delete document.documentElement.dataset['theme'];
    localStorage.removeItem('theme');
  }
}
