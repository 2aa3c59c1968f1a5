// What the core has for the fuzzer, beside its codecs.
import { utf8 } from '@kith/core/bytes';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { createMlsAgreement } from '@kith/core/session/mls';
import { createNullCrypto } from '@kith/testkit/null-crypto';
import type { Target, Targets } from '@kith/testkit/fuzz/guided';
import { longRuns, readExport, textParsers } from '@kith/testkit/parsers';
import { agreementTargets, coreTargets } from './fuzz-parsers.ts';
import { logTargets } from './log/fuzz-log.ts';

const line = {
  conversation: 'c1',
  event: 'e1',
  kind: 'text',
  mine: true,
  author: 'a',
  authorName: 'Alice',
  sentAt: '2026-11-21T10:00:00.000Z',
  receivedAt: '2026-11-21T10:00:00.000Z',
  text: 'Here I am',
  reply: { event: 'e0', text: 'x' },
  reactions: [{ emoji: '👍', count: 1, mine: true }],
};
const header = { kith: 'export', version: 1, conversations: [{ conversation: 'c1', name: 'Bob' }] };

export const targets: Targets = async (randomness) => {
  const crypto = createNullCrypto();
  const real = await createLibsodium();
  const texts = textParsers(real, randomness).map(({ name, seeds, parse }): Target => ({
    name,
    seeds: [...seeds, ...longRuns(2_000)],
    run: parse,
  }));
  const exported: Target = {
    name: 'an export file',
    seeds: [utf8([header, line, { ...line, event: 'e2', text: 'ü😀' }].map((one) => JSON.stringify(one)).join('\n'))],
    words: ['"reply":null', '"deleted":true', '\n', '{}', '"sentAt":"', '"kind":"edit"', '"target":"e1"'].map(utf8),
    slowMs: 200,
    worth: 2,
    run: (data) => readExport(data, randomness),
  };
  const agreement = await createMlsAgreement(randomness);
  return [
    ...texts,
    exported,
    ...coreTargets(crypto, randomness),
    ...logTargets(crypto, randomness),
    ...(await agreementTargets(real, agreement, randomness)),
  ];
};
