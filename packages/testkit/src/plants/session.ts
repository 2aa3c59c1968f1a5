// Bugs in sessions, cells and what leads to them.
import type { SourcePlant } from './plant.ts';

const of = (name: string): string => `packages/core/src/session/${name}`;
const mailbox = (name: string): string => `packages/core/src/mailbox/${name}`;
const noticedBy = (suite: string, test: string) => ({ file: `packages/core/test/session/${suite}.test.ts`, test });
const byCells = (test: string) => ({ file: 'packages/core/test/mailbox/cells.test.ts', test });
const byInvitations = (test: string) => ({ file: 'packages/core/test/mailbox/invitations.test.ts', test });
const byRelay = (test: string) => ({ file: 'packages/core/test/relay-rules.test.ts', test });

export const SESSION_PLANTS = {
  'reuse-a-nonce': {
    words: 'No fresh bytes go into the key of a slot: a restored copy uses a key and its nonce again.',
    file: of('seal-slot.ts'),
    find: 'const nonce = randomness.bytes(NONCE_BYTES);',
    instead: 'const nonce = new Uint8Array(NONCE_BYTES);',
    noticedBy: noticedBy('slots', 'class 11: a restored copy uses a counter again'),
    sim: true,
  },
  'keep-message-keys': {
    words: 'The state that was read from is not written: a stolen disk opens old cells.',
    file: of('open-slots.ts'),
    find: 'writes: [stateWrite(step.session), seenWrite',
    instead: 'writes: [seenWrite',
    noticedBy: noticedBy('null-seeds', 'the first 100 seeds'),
  },
  'keep-an-init-key': {
    words: 'The init secret of a hello outlives its Welcome.',
    file: of('hello.ts'),
    find: "      state.own?.initSecret.wipe();\n      const generation = createGeneration(crypto, result.exporter, 'joiner', now);\n      return {\n        state: { ...done, own: null, wanted",
    instead:
      "      const generation = createGeneration(crypto, result.exporter, 'joiner', now);\n      return {\n        state: { ...done, wanted",
    noticedBy: noticedBy('null-seeds', 'the first 100 seeds'),
  },
  'never-say-hello-again': {
    words: 'A lost session is not asked for again.',
    file: of('hello.ts'),
    find: "case 'want':\n",
    instead: "case 'want':\n      if (input.reason === 'lost') return { state, effects: NONE };\n",
    noticedBy: noticedBy('null-seeds', 'the first 100 seeds'),
  },
  'answer-any-key': {
    words: 'Who says hello need not have the key of the device: a session is reset with an old leaked key.',
    file: of('hello.ts'),
    find: 'equalBytes(peerKey, parties.peerKey) && equalBytes(peerIdentity, parties.peerIdentity);',
    instead: 'equalBytes(peerIdentity, parties.peerIdentity);',
    noticedBy: noticedBy('hello', 'class 10: a hello or Welcome'),
  },
  'answer-an-old-hello': {
    words: 'A Welcome for a hello of long ago is taken.',
    file: of('hello.ts'),
    find: 'const isOld = (at: number): boolean => Math.abs(now - at) >= HELLO_LIFE_MS;',
    instead: 'const isOld = (at: number): boolean => Math.abs(now - at) >= 100 * HELLO_LIFE_MS;',
    noticedBy: noticedBy('hello', 'older than 48 hours'),
  },
  'answer-without-end': {
    words: 'Hellos are answered however many there are.',
    file: of('hello.ts'),
    find: 'if (answeredAt === undefined && lately >= MAX_ANSWERED_AN_HOUR) return { state, effects: NONE };',
    instead: '',
    noticedBy: { file: 'packages/core/test/client/hostile.test.ts', test: 'class 29: hellos without end' },
  },
  'open-cells-twice': {
    words: 'A cell that comes again is taken for a copy at work.',
    file: of('open-slots.ts'),
    find: "if (wasSeen(session, nonce)) return { type: 'duplicate' };",
    instead: '',
    noticedBy: noticedBy('slots', 'the same bytes again are a duplicate'),
  },
  'skip-without-end': {
    words: 'A counter makes a receiver step as far as it says.',
    file: of('open-slots.ts'),
    find: "if (counter - receive.next >= MAX_STEPS) return { type: 'no' };",
    instead: '',
    noticedBy: noticedBy('slots', 'class 29: at most 4,096 skipped keys'),
  },
  'open-uncommitted': {
    words: 'A body opens under a key that it does not commit to: one cell, two meanings.',
    file: of('body.ts'),
    find: 'sealed.length >= BODY_OVERHEAD && crypto.equal(commitmentOf(crypto, key, tag), sealed.subarray(0, COMMITMENT_BYTES))',
    instead: 'sealed.length >= BODY_OVERHEAD',
    noticedBy: byCells('class 12: tag, commitment and body are bound'),
  },
  'forget-padding': {
    words: 'A packet takes as many cells as it needs, not the next class.',
    file: mailbox('fragments.ts'),
    find: 'while (count * ROOM_BYTES < length) count *= 2;',
    instead: 'while (count * ROOM_BYTES < length) count += 1;',
    noticedBy: byCells('class 17: the classes are'),
  },
  'slots-in-order': {
    words: 'Slots stand in the order of the devices.',
    file: mailbox('cell.ts'),
    find: '.toSorted((a, b) => a.drawn - b.drawn)',
    instead: '',
    noticedBy: byCells('class 19: the place of a slot'),
  },
  'empty-slots-are-zero': {
    words: 'Slots that nobody uses are zeros: a cell says how many devices there are.',
    file: mailbox('cell.ts'),
    find: 'cell.set(random.subarray(ORDER_BYTES), TAG_BYTES);',
    instead: '',
    noticedBy: byCells('class 19: with one device'),
  },
  'one-tag-for-all': {
    words: 'All cells of an inbox carry one tag.',
    file: mailbox('inbox.ts'),
    find: 'const head = randomness.bytes(HALF);',
    instead: 'const head = new Uint8Array(HALF);',
    noticedBy: byCells('S3.11'),
  },
  'go-where-a-contact-says': {
    words: 'A contact names any address as its relay, and it is asked.',
    file: mailbox('inbox.ts'),
    find: '|| !read.relays.every(isOrigin)) return undefined;',
    instead: ') return undefined;',
    noticedBy: { file: 'packages/core/test/client/hostile.test.ts', test: 'class 20' },
  },
  'reassemble-without-bound': {
    words: 'Unfinished packets are kept without end.',
    file: mailbox('reassembly.ts'),
    find: 'if (total <= MAX_UNFINISHED_BYTES && unfinished.size <= MAX_ENTRIES) break;',
    instead: 'if (total >= 0) break;',
    noticedBy: byCells('at most 4 MiB unfinished'),
  },
  'offer-by-anyone': {
    words: 'Someone else who has the link puts an offer with a key of its own in the place of the real one.',
    file: mailbox('invitation-units.ts'),
    find: 'if (keyHash !== null && !equalBytes(invitationKeyHash(crypto, offer.invitationKey), keyHash)) return undefined;',
    instead: '',
    noticedBy: byInvitations('class 9: someone with the link'),
  },
  'skip-offer-signature': {
    words: 'The signature of an offer is not checked.',
    file: mailbox('invitation-units.ts'),
    find: 'return crypto.verify(offer.invitationKey, concat(OFFER, encode(offerBody, read.offer)), read.signature)',
    instead: 'return read.signature.length === 64',
    noticedBy: byInvitations('class 9: someone with the link'),
  },
  'shorten-safety-words': {
    words: 'All safety words but the first two are the same for everybody.',
    file: mailbox('safety.ts'),
    find: "wordsOf(crypto.hash(32, transcript('safety words', exchange)), SAFETY_WORDS);",
    instead: "wordsOf(crypto.hash(32, transcript('safety words', exchange)).fill(0, 3), SAFETY_WORDS);",
    noticedBy: byInvitations('class 25: six words'),
  },
  'commit-to-nothing': {
    words:
      'The commitment of a claim does not bind the inception: the key may be chosen after the other side was seen.',
    file: mailbox('safety.ts'),
    find: "crypto.hash(32, concat(utf8('kith commitment\\0'), acceptorNonce, acceptorInception));",
    instead: "crypto.hash(32, concat(utf8('kith commitment\\0'), acceptorNonce));",
    noticedBy: byInvitations('class 25: the commitment binds'),
  },
  'mirror-check-codes': {
    words: 'Both sides show the same check code: a mirror proves anything.',
    file: mailbox('safety.ts'),
    find: "Uint8Array.of(CODE_VERSION, shownBy === 'inviter' ? 0 : 1),\n    crypto.hash(32, transcript(`check code ${shownBy}`, exchange)),",
    instead: "Uint8Array.of(CODE_VERSION, 0),\n    crypto.hash(32, transcript('check code', exchange)),",
    noticedBy: byInvitations('class 25: a check code'),
  },
  'take-held-tags': {
    words: 'A relay takes a tag that it holds already.',
    file: mailbox('relay-rules.ts'),
    find: 'if (buckets.holds(cell)) {',
    instead: 'if (buckets.holds(cell) && live) {',
    noticedBy: byRelay('a tag that is held is refused'),
  },
  'short-channels': {
    words: 'A relay lets one connection listen to everything.',
    file: mailbox('relay-rules.ts'),
    find: 'request.channels.some((c) => c.bits < liveBits || !isPrefix(c.bits, c.prefix))',
    instead: 'request.channels.some((c) => !isPrefix(c.bits, c.prefix))',
    noticedBy: byRelay('class 30: channels shorter than announced'),
  },
  'count-no-cells': {
    words: 'A relay takes as many cells as anyone sends.',
    file: mailbox('relay-rules.ts'),
    find: 'const allowed = cellLimit.take(peer.address, cells.length, peer.factor, now, peer.within);',
    instead: 'const allowed = cells.length;',
    noticedBy: byRelay('class 30: the burst is exact'),
  },
  'never-wipe': {
    words: 'A relay keeps what is past its time.',
    file: mailbox('relay-rules.ts'),
    find: "const handle: RelayRules['handle'] = (peer, request, now, reply) => {\n    buckets.wipe(now);",
    instead: "const handle: RelayRules['handle'] = (peer, request, now, reply) => {",
    noticedBy: byRelay('class 32 S1.16'),
  },
  'nest-without-end': {
    words: 'What others send may be nested as deep as they like.',
    file: 'packages/core/src/codec/cbor.ts',
    find: 'if (length > 0 && depth > MAX_DEPTH) return undefined;',
    instead: 'if (length > 0 && depth > 100 * MAX_DEPTH) return undefined;',
    noticedBy: { file: 'packages/core/test/codec/codec.test.ts', test: 'class 28: sixteen levels' },
  },
  'any-signature-certifies': {
    words: 'A certificate is taken with a signature that was made for something else.',
    file: 'packages/core/src/identity/certificate.ts',
    find: 'if (signed === undefined || !crypto.verify(deviceKey, concat(LABEL, signed.certificate), signed.signature))',
    instead: 'if (signed === undefined || signed.signature.length !== deviceKey.length * 2)',
    noticedBy: { file: 'packages/core/test/identity/slots.test.ts', test: 'class 4 S4.20 a signature made for one' },
  },
} satisfies Readonly<Record<string, SourcePlant>>;
