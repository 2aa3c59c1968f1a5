import { concat, fromHex, uint32 } from '@kith/core/bytes';
import {
  CONTENT_KINDS,
  contents,
  decodeContent,
  decodeSelf,
  isSettingValue,
  MAX_TIMER_SECONDS,
  MIN_TIMER_SECONDS,
  parseDuration,
  selfContents,
  SETTINGS,
  settingDefault,
  TIMER_EXTENSION,
  timerExtension,
  timerOf,
  type Content,
  type SelfContent,
} from '@kith/core/conversation';
import { expect, test } from 'vitest';

const fill = (length: number): never => new Uint8Array(length).fill(9) as never;
const place = { feed: fill(8), segment: fill(8), seq: 4 };
const extensions = [{ id: 900, critical: false, value: Uint8Array.of(1) }];
const every: readonly Content[] = [
  { type: 'text', text: '', reply: null, extensions: [] },
  { type: 'text', text: '\ufeffé👩‍👩‍👧'.repeat(2000), reply: place, extensions },
  { type: 'reaction', target: place, emoji: '👍', on: true, extensions },
  { type: 'edit', target: place, text: 'new', extensions },
  { type: 'delete', target: place, extensions },
  { type: 'profile', name: 'Blair', picture: fill(48), extensions },
  { type: 'end', extensions },
];
const everySelf: readonly SelfContent[] = [
  { type: 'recoveryPool', set: fill(8), pool: 1, at: 9, keys: fill(32 * 1024), extensions },
  { type: 'recoveryRange', device: fill(8), set: fill(8), range: { from: 1, to: 9 }, extensions },
  { type: 'firstSeen', conversation: fill(16), device: fill(8), entries: [{ entry: fill(32), at: 9 }], extensions },
  { type: 'contact', conversation: fill(16), label: 'gym', at: 5, extensions },
  { type: 'name', conversation: fill(16), name: 'Blair', extensions },
  { type: 'validity', conversation: fill(16), validity: 2, extensions },
  { type: 'block', conversation: fill(16), blocked: true, extensions },
  { type: 'ended', conversation: fill(16), extensions },
  { type: 'draft', conversation: fill(16), text: 'half', extensions },
  { type: 'setting', key: 'theme', conversation: null, value: null, extensions },
  { type: 'tombstone', conversation: fill(16), place, extensions },
  { type: 'read', conversation: fill(16), frontier: fill(40), extensions },
  { type: 'profile', name: '', picture: fill(0), extensions },
  { type: 'inbox', conversation: fill(16), record: fill(60), extensions },
  { type: 'segmentSeed', conversation: fill(16), feed: fill(8), segment: fill(8), seed: fill(32), extensions },
  { type: 'began', conversation: fill(16), at: 7, places: [place, { ...place, seq: 5 }], extensions },
  { type: 'star', conversation: fill(16), place, on: false, extensions },
  { type: 'context', context: fill(16), label: 'school', hue: 7, prefix: fill(3), extensions },
  { type: 'contextProfile', context: fill(16), name: 'Dr. Blair', picture: fill(48), extensions },
  { type: 'contextRemoved', context: fill(16), extensions },
  { type: 'contextOf', conversation: fill(16), context: fill(16), extensions },
  { type: 'contextOf', conversation: fill(16), context: null, extensions: [] },
];

test('every content comes back as it went', () => {
  for (const content of every) {
    const { kind, bytes } = contents.encode(content);
    expect(decodeContent(kind, bytes)).toEqual(content);
  }
  for (const content of everySelf) {
    const { kind, bytes } = selfContents.encode(content);
    expect(decodeSelf(kind, bytes)).toEqual(content);
  }
});

test('unknown kinds, critical extensions and longer objects belong to a newer Kith', () => {
  const { kind, bytes } = contents.encode({ type: 'end', extensions: [] });
  expect(decodeContent(31, bytes)).toBeUndefined();
  expect(decodeContent(kind, concat(bytes, Uint8Array.of(0)))).toBeUndefined();
  const critical = contents.encode({ type: 'end', extensions: [{ id: 9, critical: true, value: fill(1) }] });
  expect(decodeContent(critical.kind, critical.bytes)).toBeUndefined();
});

test('a timer of a text is read, one that breaks its format shows nothing, and no other kind may carry one', () => {
  const decoded = (value: Uint8Array, type: 'text' | 'edit' | 'end' = 'text'): Content | undefined => {
    const list = [{ id: TIMER_EXTENSION, critical: true, value }];
    const content: Content =
      type === 'text'
        ? { type, text: 'x', reply: null, extensions: list }
        : type === 'edit'
          ? { type, target: place, text: 'x', extensions: list }
          : { type, extensions: list };
    const { kind, bytes } = contents.encode(content);
    return decodeContent(kind, bytes);
  };
  for (const timer of [
    { from: 'reading', seconds: MIN_TIMER_SECONDS },
    { from: 'sending', seconds: MAX_TIMER_SECONDS },
  ] as const) {
    const { value } = timerExtension(timer);
    for (const type of ['text', 'edit'] as const) {
      const content = decoded(value, type);
      expect(content === undefined ? undefined : timerOf(content)).toEqual(timer);
    }
    expect(decoded(value, 'end')).toBeUndefined();
  }
  const start = Uint8Array.of(1);
  for (const bad of [
    concat(start, uint32(MIN_TIMER_SECONDS - 1)),
    concat(start, uint32(MAX_TIMER_SECONDS + 1)),
    concat(Uint8Array.of(2), uint32(60)),
    concat(start, uint32(60), start),
    start,
  ])
    expect(decoded(bad)).toBeUndefined();
  expect(timerOf({ extensions: [] })).toBeNull();
});

test('a text is bounded in bytes, not in characters', () => {
  const longest = contents.encode({ type: 'text', text: 'é'.repeat(32_768), reply: null, extensions: [] });
  expect(decodeContent(longest.kind, longest.bytes)).toBeDefined();
  const over = contents.encode({ type: 'text', text: 'é'.repeat(32_769), reply: null, extensions: [] });
  expect(decodeContent(over.kind, over.bytes)).toBeUndefined();
});

test('every default is a value its own rule accepts; what is not listed is refused', () => {
  for (const key of Object.keys(SETTINGS)) {
    const value = settingDefault(key);
    if (key !== 'language') expect([key, isSettingValue(key, value, false)]).toEqual([key, true]);
  }
  expect(isSettingValue('theme', 'pink', false)).toBe(false);
  expect(isSettingValue('theme', 'dark', true)).toBe(false);
  expect(isSettingValue('read-receipts', 'on', true)).toBe(true);
  expect(isSettingValue('constructor', 'x', false)).toBe(false);
  expect(isSettingValue('hint.check', 'seen', false)).toBe(true);
  expect([
    parseDuration('7d'),
    parseDuration('90m'),
    parseDuration('0d'),
    parseDuration('401d'),
    parseDuration('1 d'),
  ]).toEqual([604_800_000, 5_400_000, undefined, undefined, undefined]);
});

test('a text that is read the short way is what the codec reads, and nothing else is read so', () => {
  const texts = [
    '',
    'a',
    'é'.repeat(11),
    'x'.repeat(23),
    'x'.repeat(24),
    'x'.repeat(255),
    'x'.repeat(256),
    '\ufeffmark',
  ];
  const kind = CONTENT_KINDS.text;
  for (const text of [...texts, 'y'.repeat(65_535), 'z'.repeat(65_536)]) {
    const { bytes } = contents.encode({ type: 'text', text, reply: null, extensions: [] });
    expect(decodeContent(kind, bytes)).toEqual({ type: 'text', text, reply: null, extensions: [] });
    // Every byte of the envelope, and lengths that say something else.
    for (let at = 0; at < bytes.length; at = at < 8 || at > bytes.length - 5 ? at + 1 : bytes.length - 4) {
      for (let value = 0; value < 256; value += text.length > 300 ? 17 : 1) {
        const changed = bytes.slice();
        changed[at] = value;
        expect(decodeContent(kind, changed), `byte ${at} as ${value}`).toEqual(contents.decode(kind, changed));
      }
    }
  }
  const short = `837817${'61'.repeat(23)}f680`;
  for (const data of ['83f680', '837800f680', '83790001f680', short, '8361fff680', '8362c328f680', '83f6', '80', '']) {
    const bytes = fromHex(data) as Uint8Array;
    expect(decodeContent(kind, bytes), data).toBeUndefined();
    expect(contents.decode(kind, bytes), data).toBeUndefined();
  }
});
