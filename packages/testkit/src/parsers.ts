// The parsers that no codec describes: of texts that people paste, and of files. Each with what it takes, to make near misses of.
import { fromBase64url, fromHex, utf8 } from '@kith/core/bytes';
import { isBackup, KithError, readImport } from '@kith/core/client';
import { parseDuration } from '@kith/core/conversation';
import { Secret, type Crypto } from '@kith/core/crypto';
import { createRecoveryWords, readRecoveryWords } from '@kith/core/identity';
import { readHeader as readEventHeader } from '@kith/core/log';
import { drawLinkCode, readLink, readLinkCode, writeLink } from '@kith/core/mailbox';
import { decodePacket } from '@kith/core/sync';
import { searchRuns } from '@kith/core/ports';
import type { SeededRandomness } from './seeded-randomness.ts';

export interface Parser {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Undefined for what it does not take. An exception is a fault. */
  parse(data: Uint8Array): unknown;
}

/** As a browser or a terminal hands it on: what is no UTF-8 has become U+FFFD. */
const lossy = new TextDecoder();
const ofText =
  <T>(parse: (text: string) => T | undefined) =>
  (data: Uint8Array): T | undefined =>
    parse(lossy.decode(data));
/** The same thing many times over: where a parser looks back once for each, it shows. */
const RUNS = [
  'a',
  '.',
  ' ',
  ')',
  '(',
  '-',
  '@',
  '#',
  '/',
  '"',
  '\\',
  '{',
  '[',
  '\u0301',
  '\u{1f469}',
  '\u0ba8',
  '漢',
  '\n',
];
export const longRuns = (length: number): readonly Uint8Array[] =>
  RUNS.flatMap((run) => [
    utf8(run.repeat(length)),
    utf8(`${run.repeat(length)}x`),
    utf8(`http://x${run.repeat(length)}x`),
  ]);

export const textParsers = (crypto: Crypto, randomness: SeededRandomness): readonly Parser[] => {
  const link = (linkOrigin: string | null, joins: 'person' | 'device'): Uint8Array => {
    const secret = new Secret(randomness.bytes(16));
    const invitation = {
      relay: 'https://relay.example',
      keyHash: randomness.bytes(32),
      secret,
      reusable: false,
      joins,
    };
    const written = writeLink(invitation, linkOrigin);
    if (written.type !== 'link') throw new Error(written.reason);
    return utf8(written.link);
  };
  const words = createRecoveryWords(crypto, new Secret(randomness.bytes(16))).words.join(' ');
  return [
    {
      name: 'the link of an invitation',
      seeds: [link(null, 'person'), link('https://relay.example', 'person'), link('http://localhost:4680', 'device')],
      parse: ofText(readLink),
    },
    { name: 'a short code', seeds: [utf8(drawLinkCode(randomness))], parse: ofText(readLinkCode) },
    {
      name: 'recovery words',
      seeds: [utf8(words)],
      parse: ofText((text) => {
        const reading = readRecoveryWords(crypto, text);
        return reading.type === 'seed' ? reading.seed : undefined;
      }),
    },
    { name: 'a duration', seeds: ['30s', '1h', '365d', 'off'].map(utf8), parse: ofText(parseDuration) },
    {
      name: 'words to search by',
      seeds: ['a "b c"', 'Straße', '猫 naïve', 'καὶ ὣς'].map(utf8),
      parse: ofText(searchRuns),
    },
    { name: 'hexadecimal', seeds: [utf8('00ff')], parse: ofText(fromHex) },
    { name: 'base64url', seeds: [utf8('AP_-')], parse: ofText(fromBase64url) },
    { name: 'the header of an event', seeds: [], parse: readEventHeader },
    { name: 'a packet', seeds: [], parse: decodePacket },
    { name: 'the beginning of a backup', seeds: [], parse: (data) => isBackup(data) || undefined },
  ];
};

/** An export file, cut into pieces anywhere: how many lines were taken, undefined when it was refused by number of line. */
export const readExport = async (data: Uint8Array, randomness: SeededRandomness): Promise<number | undefined> => {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < data.length;) {
      const next = at + 1 + randomness.int(200);
      yield data.subarray(at, next);
      at = next;
    }
  };
  let lines = 0;
  try {
    for await (const _ of readImport(pieces())) lines++;
    return lines;
  } catch (error) {
    if (error instanceof KithError && ['bad-import', 'newer-import'].includes(error.code)) return undefined;
    throw error;
  }
};
