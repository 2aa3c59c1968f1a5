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
} from '../../src/conversation/index.ts';

const filled = (length: number, byte: number): never => new Uint8Array(length).fill(byte) as never;
const place = { feed: filled(8, 1), segment: filled(8, 2), seq: 3 };
const conversation = filled(16, 7);
type Extensions = Content['extensions'];
const text = (extensions: Extensions): Content => ({ type: 'text', text: 'See you at 7', reply: null, extensions });
const timerOf = (value: Uint8Array, critical = true): Extensions => [{ id: TIMER_EXTENSION, critical, value }];
const hexOf = ({ kind, bytes }: { kind: number; bytes: Uint8Array }) => ({ kind, content: toHex(bytes) });
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
  ],
});
export const toJson = (): string => `${JSON.stringify(conversationVectors(), null, 2)}\n`;
