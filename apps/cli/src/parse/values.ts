import type { ValueKind } from '../table/spec.ts';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** A hundred years: more is a slip of the keyboard, and stays inside every time field. */
const MOST_MS = 100 * 365 * UNIT_MS.d;

/** Milliseconds of `7d`, `12h`, `90s`; undefined for anything else. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^([0-9]{1,10})([smhdw])$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return ms >= 1 && ms <= MOST_MS ? ms : undefined;
};

/** Seconds with at most three decimals; undefined for anything else. */
export const parseSeconds = (text: string): number | undefined =>
  /^[0-9]{1,9}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : undefined;

/** Undefined for anything but a plain whole number. */
export const parseCount = (text: string): number | undefined => (/^[0-9]{1,12}$/.test(text) ? Number(text) : undefined);

/** The origin of an http or https address without path, user or query; undefined for anything else. */
export const parseOrigin = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : undefined;
};

/** Undefined when the text fits, else what would have fitted. */
export const misfit = (kind: ValueKind, text: string): string | undefined => {
  switch (kind.type) {
    case 'text':
      return undefined;
    case 'file':
      return text === '' || text.includes('\0') ? 'a file name' : undefined;
    case 'url':
      return parseOrigin(text) === undefined ? 'an address like https://relay.example' : undefined;
    case 'duration':
      return parseDuration(text) === undefined ? 'a time like 30m, 12h or 7d' : undefined;
    case 'count': {
      const count = parseCount(text);
      return count === undefined || count < kind.least || count > kind.most
        ? `a whole number from ${kind.least} to ${kind.most}`
        : undefined;
    }
    case 'seconds': {
      const seconds = parseSeconds(text);
      return seconds === undefined || seconds > kind.most ? `seconds, at most ${kind.most}` : undefined;
    }
    case 'choice':
      return kind.of.includes(text) ? undefined : `one of ${kind.of.join(', ')}`;
  }
};
