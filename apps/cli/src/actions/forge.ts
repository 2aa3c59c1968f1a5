// Shows what published keys are for: `forge` tells a past day differently, with nothing but what any member holds, and
// `judge` says what is still proven of a transcript. Nobody can tell the two apart (spec 04, "Publication").
import { KithError } from '@kith/core/client';
import { contents, decodeContent } from '@kith/core/conversation';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { eventName } from '@kith/core/identity';
import { examine, openDays, retell, type LogObject } from '@kith/core/log';
import { systemRandomness } from '@kith/platform-node';
import { resolve } from 'node:path';
import { findConversation } from '../find/conversation.ts';
import { plainLine } from '../print/plain.ts';
import { toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';
import { fetchTranscript, readTranscript, writeTranscript } from './transcript.ts';

const MINUTE_MS = 60_000;
const NEVER_SAID = 'I never wrote this.';
const dayName = (time: number): string => new Date(time).toISOString().slice(0, 10);

const textIn = (kind: number, content: Uint8Array): string | undefined => {
  const read = decodeContent(kind, content);
  return read?.type === 'text' ? read.text : undefined;
};

export const forge: Action = async ({ input, print, host, kith }) => {
  const engine = await kith(null);
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const file = resolve(host.folder, input.argument('FILE'));
  const objects = await fetchTranscript(engine, conversation);
  if (input.flag('genuine')) {
    await writeTranscript(file, conversation, objects);
    print.record({ file, day: null, changed: 0 }, `${file}: as it is, nothing changed`);
    return 0;
  }
  const crypto = await createLibsodium();
  const days = openDays(crypto, objects);
  const day = input.option('day') ?? newestWithText(crypto, objects, days);
  const open = days.filter((one) => dayName(one.day) === day);
  if (day === undefined || open.length === 0) {
    throw new KithError('bad-option', {
      message: day === undefined ? 'No day with a text is published yet.' : `Of ${day} nothing is published yet.`,
      hint: 'A day can be told differently once its key is public: see the setting publication-grace.',
    });
  }
  const texts = input.options('text');
  let changed = 0;
  const told = open.reduce<readonly LogObject[]>(
    (before, one) =>
      retell({ crypto, randomness: systemRandomness }, before, one, (header, content) => {
        const read = decodeContent(header.contentKind, content);
        if (read?.type !== 'text') return undefined;
        if (texts.length > 0 && changed >= texts.length) return undefined;
        const text = texts[changed] ?? NEVER_SAID;
        changed += 1;
        return contents.encode({ ...read, text }).bytes;
      }),
    objects,
  );
  await writeTranscript(file, conversation, told);
  print.record({ file, day, changed }, `${file}: ${changed} texts of ${day} say something else`);
  return 0;
};

const newestWithText = (
  crypto: Parameters<typeof examine>[0],
  objects: readonly LogObject[],
  days: ReturnType<typeof openDays>,
): string | undefined => {
  const open = new Map(days.map(({ certificate, day }) => [certificate.segment.join(), day]));
  const newest = examine(crypto, objects).findLast(
    ({ header, content }) =>
      open.has(header.segment.join()) && content !== null && textIn(header.contentKind, content) !== undefined,
  );
  const day = newest && open.get(newest.header.segment.join());
  return day === undefined ? undefined : dayName(day);
};

export const judge: Action = async ({ input, print, host }) => {
  const objects = await readTranscript(resolve(host.folder, input.argument('FILE')));
  for (const { event, header, content, sealed, proven } of examine(await createLibsodium(), objects)) {
    const text = content === null ? undefined : textIn(header.contentKind, content);
    const device = Buffer.from(header.feed).toString('hex');
    const sentAt = toTime(header.time * MINUTE_MS);
    const says = !sealed ? 'not sealed' : proven ? 'PROVEN' : 'anyone can have written it';
    print.record(
      { event: eventName(event), device, sentAt, kind: header.contentKind, text: text ?? null, sealed, proven },
      `${sentAt}  ${device}  ${says}  ${text === undefined ? '' : plainLine(text)}`,
    );
  }
  return 0;
};
