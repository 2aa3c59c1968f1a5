// The vectors of spec page 10: contents with timers, and those of `self` that go with them.
import { concat, toHex, uint32 } from '../../src/bytes/index.ts';
import {
  contents,
  MAX_TIMER_SECONDS,
  MIN_TIMER_SECONDS,
  selfContents,
  TIMER_EXTENSION,
  timerExtension,
  type Content,
  type SelfContent,
} from '../../src/conversation/index.ts';

const filled = (length: number, byte: number): never => new Uint8Array(length).fill(byte) as never;
const place = { feed: filled(8, 1), segment: filled(8, 2), seq: 3 };
const conversation = filled(16, 7);
const context = filled(16, 11);
type Extensions = Content['extensions'];
const text = (extensions: Extensions): Content => ({ type: 'text', text: 'See you at 7', reply: null, extensions });
const timerOf = (value: Uint8Array, critical = true): Extensions => [{ id: TIMER_EXTENSION, critical, value }];
const hexOf = ({ kind, bytes }: { kind: number; bytes: Uint8Array }) => ({ kind, content: toHex(bytes) });
const ofSelf = (content: SelfContent) => ({ name: content.type, ...hexOf(selfContents.encode(content)) });
/** The same, with something else in the place of these bytes; `less`: characters that go from the place after them. */
const broken = (content: SelfContent, of: string, by: string, less = 0) => {
  const { kind, content: hex } = hexOf(selfContents.encode(content));
  const at = hex.lastIndexOf(of);
  if (at < 0) throw new Error('nothing to break there');
  return { kind, content: hex.slice(0, at) + by + hex.slice(at + of.length + less) };
};
const seconds = (from: number, count: number): Uint8Array => concat(Uint8Array.of(from), uint32(count));

export const conversationVectors = () => ({
  about: 'spec/10-conversations.md, "Timers". Contents in hexadecimal, with the kind of their event.',
  valid: [
    { name: 'no timer', timer: null, ...hexOf(contents.encode(text([]))) },
    ...(['reading', 'sending'] as const).flatMap((from) =>
      [MIN_TIMER_SECONDS, 3_600, MAX_TIMER_SECONDS].map((count) => {
        const timer = { from, seconds: count };
        return { name: `${count} s from ${from}`, timer, ...hexOf(contents.encode(text([timerExtension(timer)]))) };
      }),
    ),
    {
      name: 'an edit goes as its text does',
      timer: { from: 'reading', seconds: 60 },
      ...hexOf(
        contents.encode({
          type: 'edit',
          target: place,
          text: 'See you at 8',
          extensions: [timerExtension({ from: 'reading', seconds: 60 })],
        }),
      ),
    },
  ],
  /** Shown as nothing. */
  invalid: [
    { name: 'too short a time', ...hexOf(contents.encode(text(timerOf(seconds(1, MIN_TIMER_SECONDS - 1))))) },
    { name: 'too long a time', ...hexOf(contents.encode(text(timerOf(seconds(1, MAX_TIMER_SECONDS + 1))))) },
    { name: 'counted from neither', ...hexOf(contents.encode(text(timerOf(seconds(2, 60))))) },
    { name: 'a byte too many', ...hexOf(contents.encode(text(timerOf(concat(seconds(1, 60), Uint8Array.of(0)))))) },
    { name: 'not critical, and malformed', ...hexOf(contents.encode(text(timerOf(Uint8Array.of(1), false)))) },
    {
      name: 'a reaction has no timer',
      ...hexOf(
        contents.encode({
          type: 'reaction',
          target: place,
          emoji: '👍',
          on: true,
          extensions: timerOf(seconds(1, 60)),
        }),
      ),
    },
    {
      name: 'another critical extension',
      ...hexOf(contents.encode(text([{ id: 99, critical: true, value: filled(1, 0) }]))),
    },
  ],
  self: [
    {
      name: 'began',
      ...hexOf(
        selfContents.encode({
          type: 'began',
          conversation,
          at: 1_795_000_000_000,
          places: [place, { ...place, seq: 4 }],
          extensions: [],
        }),
      ),
    },
    { name: 'star', ...hexOf(selfContents.encode({ type: 'star', conversation, place, on: true, extensions: [] })) },
    ofSelf({
      type: 'recoveryPool',
      set: filled(8, 4),
      pool: 1,
      at: 1_795_000_000_000,
      keys: filled(64, 5),
      extensions: [],
    }),
    ofSelf({
      type: 'recoveryRange',
      device: filled(8, 1),
      set: filled(8, 4),
      range: { from: 1024, to: 1536 },
      extensions: [],
    }),
    ofSelf({
      type: 'firstSeen',
      conversation,
      device: filled(8, 1),
      entries: [{ entry: filled(32, 6), at: 1_795_000_000_000 }],
      extensions: [],
    }),
    ofSelf({ type: 'context', context, label: 'school', hue: 7, prefix: filled(3, 8), extensions: [] }),
    ofSelf({ type: 'contextProfile', context, name: 'Dr. Blair', picture: filled(0, 0), extensions: [] }),
    ofSelf({ type: 'contextRemoved', context, extensions: [] }),
    ofSelf({ type: 'contextOf', conversation, context, extensions: [] }),
    ofSelf({ type: 'contextOf', conversation, context: null, extensions: [] }),
  ],
  /** Taken for nothing. */
  selfInvalid: [
    {
      name: 'a ninth hue',
      ...broken(
        { type: 'context', context, label: 'school', hue: 7, prefix: filled(3, 8), extensions: [] },
        '07',
        '08',
      ),
    },
    {
      name: 'a prefix of two bytes',
      ...broken(
        { type: 'context', context, label: 'school', hue: 7, prefix: filled(3, 8), extensions: [] },
        '43080808',
        '420808',
      ),
    },
    {
      name: 'a name of a context with a critical extension',
      ...hexOf(
        selfContents.encode({
          type: 'contextProfile',
          context,
          name: 'Dr. Blair',
          picture: filled(0, 0),
          extensions: [{ id: 99, critical: true, value: filled(1, 0) }],
        }),
      ),
    },
    {
      name: 'a context of 15 bytes',
      ...broken({ type: 'contextRemoved', context, extensions: [] }, `50${'0b'.repeat(16)}`, `4f${'0b'.repeat(15)}`),
    },
    {
      name: 'keys of a pool that are none',
      ...broken(
        {
          type: 'recoveryPool',
          set: filled(8, 4),
          pool: 1,
          at: 1_795_000_000_000,
          keys: filled(32, 5),
          extensions: [],
        },
        '5820',
        '581f',
        2,
      ),
    },
  ],
});
export const toJson = (): string => `${JSON.stringify(conversationVectors(), null, 2)}\n`;
