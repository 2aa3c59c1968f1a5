// Bugs in the log: what counts, in which order, for how long it can be proven.
import type { SourcePlant } from './plant.ts';

const of = (name: string): string => `packages/core/src/log/${name}`;
const noticedBy = (suite: string, test: string) => ({ file: `packages/core/test/log/${suite}.test.ts`, test });

export const LOG_PLANTS = {
  'skip-seal-signature': {
    words: 'The seal over a chain of events is not checked.',
    file: of('seals.ts'),
    find: 'const good = verifySeal(state.crypto, subkey, state.conversation, kept.seal);',
    instead: 'const good = true;',
    noticedBy: noticedBy('rules', 'class 8: one verifier'),
  },
  'skip-certificate-signature': {
    words: 'Anyone certifies the subkey of a segment.',
    file: 'packages/core/src/identity/certificate.ts',
    find: 'if (signed === undefined || !crypto.verify(deviceKey, concat(LABEL, signed.certificate), signed.signature))',
    instead: 'if (signed === undefined)',
    noticedBy: noticedBy('rules', 'class 1: a segment that another key'),
  },
  'one-shape-for-two-objects': {
    words: 'The stub of a segment has the shape of a seal: the one is read as the other.',
    file: of('objects.ts'),
    find: '    head: eventIdCodec,\n    lamport: uint(MAX_LAMPORT),\n    seed: bytes(32),\n',
    instead: '    head: eventIdCodec,\n',
    noticedBy: {
      file: 'packages/core/test/identity/slots.test.ts',
      test: 'class 4 S4.20 every object fed to every other parser',
    },
  },
  'hash-without-key': {
    words: 'A content is hashed without its key: who holds the header can guess what was deleted.',
    file: of('content.ts'),
    find: 'return crypto.hash(32, padded, key);',
    instead: 'return crypto.hash(32, padded);',
    noticedBy: noticedBy('rules', 'class 17'),
  },
  'show-beyond-cut': {
    words: 'What a removed device wrote beyond its cut is shown.',
    file: of('settle.ts'),
    find: '} else if (!there && row.seq < limit) {',
    instead: '} else if (!there) {',
    noticedBy: noticedBy('cuts', 'what lies beyond a removal is void'),
  },
  'accept-missing-parent': {
    words: 'An event stands although an event that it names is not here.',
    file: of('settle.ts'),
    find: "header.lamport === lamportOf(lamport, header.heads) ? missingOf(state, header) : 'lamport';",
    instead: "header.lamport === lamportOf(lamport, header.heads) ? undefined : 'lamport';",
    noticedBy: noticedBy('rules', 'class 5: an event that names one'),
  },
  'any-first-lamport-time': {
    words: 'The first event of a segment takes the place in the order that it claims.',
    file: of('ingest.ts'),
    find: 'return ends && header.lamport === lamportOf(0, header.heads);',
    instead: 'return ends;',
    noticedBy: noticedBy('rules', 'class 6'),
  },
  'hash-across-segments': {
    words: 'The first event of a segment carries the hash of the last one of the segment before.',
    file: of('own.ts'),
    find: 'noContentHash() : contentHash(crypto, key, event.content),\n    extensions: [],',
    instead:
      'noContentHash() : contentHash(crypto, key, event.content),\n    extensions: fits || running === undefined ? [] : [{ id: 9, critical: false, value: running.head.slice() }],',
    noticedBy: noticedBy('deniability', 'a judge who is given everything'),
  },
  'publish-by-local-clock': {
    words: 'A subkey is published when the own clock says so.',
    file: of('shared-time.ts'),
    find: 'evidence.now >= due && counterpartDate !== undefined && counterpartDate >= due && isRegained(evidence);',
    instead: 'evidence.now >= due;',
    noticedBy: noticedBy('deniability', 'a publication needs a date of the counterpart'),
  },
  'purge-by-local-clock': {
    words: 'A timer deletes when the own clock says so.',
    file: of('shared-time.ts'),
    find: 'return fresh.some(agreesWithUs) && isRegained(evidence);',
    instead: 'return true;',
    noticedBy: noticedBy('deniability', 'a purge needs a fresh source'),
  },
  'publish-without-grace': {
    words: 'A subkey is published before the grace is over.',
    file: of('publication.ts'),
    find: 'now >= minutes * MINUTE_MS + graceMs && sharedTimeOk(',
    instead: 'sharedTimeOk(',
    noticedBy: noticedBy('deniability', 'nothing is published before'),
  },
  'believe-own-ends': {
    words: 'A subkey is published by the end that a clock dated which was behind.',
    file: of('publication.ts'),
    find: ' || !isDue(heardBefore(state, feed, segment, ended.count))',
    instead: '',
    noticedBy: noticedBy('deniability', 'a clock that was behind'),
  },
  'publish-uncovered': {
    words: 'A subkey is published before anyone else has what it signed.',
    file: of('publication.ts'),
    find: 'if (!counterparts.some((frontier) => covers(frontier, feed, segment, ended.count))) return [];',
    instead: '',
    noticedBy: noticedBy('deniability', 'nothing is published before'),
  },
  'publish-any-seed': {
    words: 'A seed that is not that of its segment is published.',
    file: of('publication.ts'),
    find: 'record.published !== null || !makes(state, one.seed, record.subkey)) return [];',
    instead: 'record.published !== null) return [];',
    noticedBy: noticedBy('forgery', 'a seed that is not the one of the segment'),
  },
  'believe-forged-days': {
    words: 'A published day from the other side counts like one from its author.',
    file: of('ingest.ts'),
    find: "if (from === 'own' || equalBytes(from, feed)) return false;",
    instead: 'return false;',
    noticedBy: noticedBy('deniability', 'history had back from the other side'),
  },
  'swap-contents': {
    words: 'A content is taken for any event of its size.',
    file: of('ingest.ts'),
    find: "return equalBytes(contentHash(state.crypto, given.key, given.content), header.contentHash) ? given : 'wrong';",
    instead: 'return given;',
    noticedBy: noticedBy('rules', 'class 14'),
    sim: true,
  },
  'take-events-twice': {
    words: 'An event that is held is taken again: the dedup is dropped.',
    file: of('ingest.ts'),
    find: 'if (header.seq < record.top && state.standing(event) !== undefined) {\n    return complete',
    instead: 'if (Number.isNaN(header.seq)) {\n    return complete',
    noticedBy: noticedBy('rules', 'class 14'),
  },
  'take-back-deleted': {
    words: 'What was deleted is taken back from who still has it.',
    file: of('ingest.ts'),
    find: 'if (content === undefined || (row.flags & FLAGS.purged) !== 0 ||',
    instead: 'if (content === undefined ||',
    noticedBy: noticedBy('rules', 'class 32: what was purged'),
  },
  'one-key-for-contents': {
    words: 'Contents lie under a key that is no secret: zeros.',
    file: of('own.ts'),
    find: 'const key = event.content === null ? undefined : state.randomness.bytes(32);',
    instead: 'const key = event.content === null ? undefined : new Uint8Array(32);',
    noticedBy: noticedBy('rules', 'class 17'),
  },
  'reuse-a-subkey': {
    words: 'All segments of a device have one subkey: its publication makes all of them forgeable.',
    file: of('own.ts'),
    find: 'const seed = new Secret(state.randomness.bytes(32));',
    instead: 'const seed = new Secret(new Uint8Array(32).fill(own.publicKey[0] ?? 0));',
    noticedBy: noticedBy('deniability', 'a judge who is given everything'),
  },
} satisfies Readonly<Record<string, SourcePlant>>;
