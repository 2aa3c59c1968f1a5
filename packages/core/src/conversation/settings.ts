// Settings: key, default, and what a value may be. `docs/defaults.md` says why each default is what it is; a test holds
// that table and this one equal.

export interface SettingRule {
  readonly default: string;
  /** The values there are, or a test for free ones. */
  readonly allowed: readonly string[] | ((value: string) => boolean);
  /** May differ in one conversation. */
  readonly perConversation: boolean;
}

const onOff = (value: 'on' | 'off', perConversation = false): SettingRule => ({
  default: value,
  allowed: ['on', 'off'],
  perConversation,
});
/** Whole minutes to 400 days, as `30m`, `12h`, `7d`. */
export const parseDuration = (value: string): number | undefined => {
  const match = /^([1-9][0-9]{0,5})(s|m|h|d|w)$/.exec(value);
  if (match === null) return undefined;
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[
    match[2] as 's' | 'm' | 'h' | 'd' | 'w'
  ];
  const ms = Number(match[1]) * unit;
  return ms <= 400 * 86_400_000 ? ms : undefined;
};
const duration = (value: string): SettingRule => ({
  default: value,
  allowed: (text) => parseDuration(text) !== undefined,
  perConversation: false,
});

export const SETTINGS: Readonly<Record<string, SettingRule>> = {
  'read-receipts': onOff('off', true),
  typing: onOff('off', true),
  'enter-sends': onOff('on'),
  notifications: { default: 'off', allowed: ['off', 'name', 'plain'], perConversation: true },
  theme: { default: 'system', allowed: ['system', 'light', 'dark'], perConversation: false },
  language: { default: 'system', allowed: (value) => /^[A-Za-z-]{2,16}$/.test(value), perConversation: false },
  hints: onOff('on'),
  'segment-period': duration('1d'),
  'publication-grace': duration('7d'),
};
/** Notes of the screens to themselves (a hint that was dismissed): any short text, absent at first. */
const NOTE_KEY = /^hint\.[a-z0-9.-]{1,80}$/;
const MAX_NOTE = 64;

export const isSetting = (key: string): boolean => Object.hasOwn(SETTINGS, key) || NOTE_KEY.test(key);
export const settingDefault = (key: string): string => SETTINGS[key]?.default ?? '';
export const isSettingValue = (key: string, value: string, inConversation: boolean): boolean => {
  const rule = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
  if (rule === undefined) return NOTE_KEY.test(key) && value.length <= MAX_NOTE;
  if (inConversation && !rule.perConversation) return false;
  return typeof rule.allowed === 'function' ? rule.allowed(value) : rule.allowed.includes(value);
};
