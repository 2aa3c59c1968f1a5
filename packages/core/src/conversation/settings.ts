// Settings: key, default, and what a value may be. `docs/defaults.md` says why each default is what it is; a test holds
// that table and this one equal.
import { MAX_TIMER_SECONDS, MIN_TIMER_SECONDS } from './content.ts';

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
const DAY_MS = 86_400_000;
const MIN_PERIOD_MS = 3_600_000;
const MAX_PERIOD_MS = 30 * DAY_MS;
const periodOf = (value: string): number | undefined => {
  const ms = parseDuration(value);
  return ms !== undefined && ms >= MIN_PERIOD_MS && ms <= MAX_PERIOD_MS ? ms : undefined;
};
const graceOf = (value: string): number | undefined => (value === '0' ? 0 : parseDuration(value));
/** How long one key stands for what is written, in milliseconds. */
export const segmentPeriod = (value: string): number => periodOf(value) ?? DAY_MS;
/** From the end of a segment to the publication of its key, in milliseconds. */
export const publicationGrace = (value: string): number => graceOf(value) ?? 7 * DAY_MS;
/** `off`, or a duration between two bounds. */
const offOrWithin = (least: number, most: number): SettingRule => ({
  default: 'off',
  allowed: (text) => {
    const ms = parseDuration(text);
    return text === 'off' || (ms !== undefined && ms >= least && ms <= most);
  },
  perConversation: true,
});
const MINUTE_MS = 60_000;
const MAX_LIFESPAN_MS = 400 * DAY_MS;

export const SETTINGS: Readonly<Record<string, SettingRule>> = {
  'read-receipts': onOff('off', true),
  typing: onOff('off', true),
  'enter-sends': onOff('on'),
  notifications: { default: 'off', allowed: ['off', 'name', 'plain'], perConversation: true },
  theme: { default: 'system', allowed: ['system', 'light', 'dark'], perConversation: false },
  language: { default: 'system', allowed: (value) => /^[A-Za-z-]{2,16}$/.test(value), perConversation: false },
  hints: onOff('on'),
  // Kept by each device for itself (client/lock.ts), never in `self`.
  'lock-after': {
    default: 'off',
    allowed: (text) => text === 'off' || (text.length <= 8 && parseDuration(text) !== undefined),
    perConversation: false,
  },
  timer: offOrWithin(MIN_TIMER_SECONDS * 1_000, MAX_TIMER_SECONDS * 1_000),
  'timer-from': { default: 'reading', allowed: ['reading', 'sending'], perConversation: true },
  lifespan: offOrWithin(MINUTE_MS, MAX_LIFESPAN_MS),
  'segment-period': { default: '1d', allowed: (text) => periodOf(text) !== undefined, perConversation: false },
  'publication-grace': { default: '7d', allowed: (text) => graceOf(text) !== undefined, perConversation: false },
};
/** What only a single conversation can be. */
export const CONVERSATION_SETTINGS: Readonly<Record<string, SettingRule>> = {
  muted: onOff('off', true),
  pinned: onOff('off', true),
  archived: onOff('off', true),
};
const ruleOf = (key: string): SettingRule | undefined =>
  [SETTINGS, CONVERSATION_SETTINGS].find((rules) => Object.hasOwn(rules, key))?.[key];
/** Notes of the screens to themselves (a hint that was dismissed): any short text, absent at first. */
const NOTE_KEY = /^hint\.[a-z0-9.-]{1,80}$/;
const MAX_NOTE = 64;

/** Back to what holds for everything, or to the default. */
export const RESET = 'default';

export const isSetting = (key: string): boolean => ruleOf(key) !== undefined || NOTE_KEY.test(key);
export const settingDefault = (key: string): string => ruleOf(key)?.default ?? '';
export const isSettingValue = (key: string, value: string, inConversation: boolean): boolean => {
  const rule = ruleOf(key);
  if (rule === undefined) return NOTE_KEY.test(key) && value.length <= MAX_NOTE;
  if (inConversation ? !rule.perConversation : Object.hasOwn(CONVERSATION_SETTINGS, key)) return false;
  return typeof rule.allowed === 'function' ? rule.allowed(value) : rule.allowed.includes(value);
};
