// Parsers of the core that no codec alone describes, and state that objects of others go through: for `npm run long -- fuzz`, and a
// share of it in `fuzz-parsers.test.ts`. What is sealed or signed is bent inside, and sealed and signed again.
import { concat, equalBytes, uint32, utf8 } from '@kith/core/bytes';
import { decode, encode, type Codec } from '@kith/core/codec';
import { connectKith, decodeGuard, KithError, requestOverHttp, serveKith, type Kith } from '@kith/core/client';
import { contents, decodeContent, decodeSelf, isSettingValue, parseDuration, SETTINGS } from '@kith/core/conversation';
import { Secret, type Crypto } from '@kith/core/crypto';
import {
  contextFromName,
  conversationFromName,
  eventPrefixFromName,
  openCertificate,
  openEntry,
  readCertificate,
} from '@kith/core/identity';
import { decodeHeader, readBrief } from '@kith/core/log';
import {
  addFragment,
  BODY_BYTES,
  cellSlots,
  compareCheckCode,
  checkCode,
  createInboxRecord,
  createMemoryCellLog,
  createMemoryPlaceStore,
  createRelayRules,
  decodeInboxRecord,
  decodeUnfinished,
  DEFAULT_RELAY_SETTINGS,
  deriveInvitationKeys,
  drawBodyKey,
  emptyReassembly,
  encodeInboxRecord,
  encodeUnfinished,
  isOrigin,
  makeTag,
  missingParts,
  openCell,
  openClaim,
  openHelloCell,
  openInbox,
  openOffer,
  readBody,
  readReturnOffer,
  readSelfOffer,
  recognises,
  requestedParts,
  returnOfferExtensions,
  sealCell,
  sealClaim,
  sealHelloCell,
  sealOffer,
  selfOfferExtension,
  splitPacket,
  wipeInbox,
  writeHelloBody,
  type RelayRules,
} from '@kith/core/mailbox';
import {
  BLOCK_CELLS,
  BUCKETS,
  CELL_BYTES,
  jsonToRequest,
  jsonToResponse,
  relayRequestCodec,
  relayResponseCodec,
  TransportError,
  wireToJson,
  type RelayRequest,
} from '@kith/core/ports';
import {
  addGeneration,
  createGeneration,
  decodeHelloState,
  emptyHelloState,
  emptySession,
  encodeHelloState,
  loadSession,
  openBox,
  openSlots,
  sealBox,
  sealSlot,
  sessionRows,
  stepHello,
  type PairKeyAgreement,
} from '@kith/core/session';
import { pipePair } from '@kith/testkit/pipe-pair';
import type { Target } from '@kith/testkit/fuzz/guided';
import type { SeededRandomness } from '@kith/testkit/seeded-randomness';
import {
  backupRecordCodec,
  encodeHeader,
  openPart,
  readHeader as readBackupHeader,
  sealPart,
} from '../src/client/backup-format.ts';

const NOW = 1_800_000_000_000;
const anything: Codec<unknown> = { cddl: 'any', uses: [], out: (value) => value, in: (raw) => raw };
const lossy = new TextDecoder();
const parsed = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(lossy.decode(data));
  } catch {
    // Not JSON: what calls these parsers has refused it.
    return undefined;
  }
};
const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
const need = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a seed was not made');
  return value;
};

/** Two that have to say the same of any bytes. */
const alike = (one: boolean, other: boolean, what: string): void => {
  if (one !== other) throw new Error(`${what}: the quick way ${one ? 'takes' : 'refuses'} what the whole one does not`);
};

const contentTargets = (): readonly Target[] => [
  {
    name: 'the content of an event',
    seeds: ['a', 'ü'.repeat(40), 'x'.repeat(300)].map((text) => {
      const { kind, bytes } = contents.encode({ type: 'text', text, reply: null, extensions: [] });
      return concat(Uint8Array.of(kind), bytes);
    }),
    run: (data) => {
      const [kind = 0] = data;
      const bytes = data.subarray(1);
      const value = decodeContent(kind, bytes);
      const strict = contents.decode(kind, bytes);
      // What is read the quick way is what the codec reads.
      if (value?.type === 'text' && strict?.type !== 'text') throw new Error('read the quick way only');
      if (value?.type === 'text' && strict?.type === 'text') alike(value.text === strict.text, true, 'a text');
      return value;
    },
  },
  { name: 'a content of one’s own devices', seeds: [], run: (data) => decodeSelf(data[0] ?? 0, data.subarray(1)) },
  {
    name: 'what a screen needs of a header',
    seeds: [],
    run: (data) => {
      const header = decodeHeader(data);
      if (header === undefined) return undefined;
      const brief = need(readBrief(data));
      const same =
        brief.time === header.time &&
        brief.contentKind === header.contentKind &&
        brief.sizeClass === header.sizeClass &&
        equalBytes(brief.contentHash, header.contentHash) &&
        brief.extensions.length === header.extensions.length;
      alike(same, true, 'a header');
      return header;
    },
  },
  {
    name: 'a setting',
    seeds: ['timer 30s', 'lifespan 400d', 'hint.check 1', 'theme dark', 'segment-period 1d', 'language de-CH'].map(
      utf8,
    ),
    words: Object.keys(SETTINGS).map(utf8),
    run: (data) => {
      const [key = '', value = ''] = lossy.decode(data).split(' ');
      parseDuration(value);
      return isSettingValue(key, value, data.length % 2 === 0) || undefined;
    },
  },
  {
    name: 'names of things',
    seeds: ['00'.repeat(16), 'ab'.repeat(8), 'https://[::1]:80', 'http://a.b'].map(utf8),
    run: (data) => {
      const text = lossy.decode(data);
      const found = [conversationFromName(text), contextFromName(text), eventPrefixFromName(text)];
      return isOrigin(text) || found.find((one) => one !== undefined);
    },
  },
];

const mailboxTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => {
  const record = createInboxRecord(randomness, 1, ['https://relay.example'], 13, randomness.bytes(3));
  const inbox = openInbox(crypto, record);
  const from = randomness.bytes(8);
  const hello = {
    type: 'hello',
    from,
    to: from,
    keyPackage: randomness.bytes(600),
    entry: randomness.bytes(300),
  } as const;
  const welcome = {
    type: 'welcome',
    from,
    to: from,
    hello: randomness.bytes(16),
    welcome: randomness.bytes(900),
    leaf: randomness.bytes(300),
  } as const;
  const bodies = [1, 5_000, 40_000].flatMap(
    (length) => splitPacket(randomness.bytes(8), randomness.bytes(length)) ?? [],
  );
  const unfinished = bodies.slice(1, 3).map((body) => {
    const step = addFragment(emptyReassembly(), need(readBody(body)), NOW);
    return encodeUnfinished(need([...step.state.unfinished.values()][0]));
  });
  const signing = crypto.signingKey(new Secret(randomness.bytes(32)));
  const keys = deriveInvitationKeys(crypto, {
    secret: new Secret(randomness.bytes(16)),
    keyHash: randomness.bytes(32),
  });
  const selfOffer = selfOfferExtension({
    self: randomness.bytes(16),
    member: randomness.bytes(16),
    inception: randomness.bytes(8),
    device: randomness.bytes(32),
  });
  const back = need(
    returnOfferExtensions({
      conversation: randomness.bytes(16),
      root: randomness.bytes(32),
      role: 1,
      inbox: 3,
      device: randomness.bytes(32),
      keys: [randomness.bytes(32)],
      theirInception: randomness.bytes(200),
      ourInception: randomness.bytes(200),
      theirNonce: randomness.bytes(32),
      ourNonce: randomness.bytes(32),
    }),
  );
  const offers = [[], [selfOffer], back].map((extensions) =>
    need(
      sealOffer(
        crypto,
        randomness,
        keys,
        {
          invitationKey: signing.publicKey,
          keyPackage: randomness.bytes(300),
          relays: ['https://relay.example'],
          reusable: false,
          expires: NOW,
          name: 'Alice',
          extensions,
        },
        signing,
      ),
    ),
  );
  const claim = need(
    sealClaim(crypto, randomness, keys, new Uint8Array(16), {
      welcome: randomness.bytes(100),
      leaf: randomness.bytes(100),
      box: randomness.bytes(200),
    }),
  );
  const [OFFER, CLAIM] = [utf8('kith offer\0'), utf8('kith claim unit\0')];
  /** What stands inside, without the padding. */
  const inside = (label: Uint8Array, sealed: Uint8Array): Uint8Array => {
    const nonce = sealed.subarray(0, 24);
    const padded = need(crypto.open(keys.sealKey.expose(), nonce, sealed.subarray(24), concat(label, keys.place)));
    return padded.slice(4, 4 + new DataView(padded.buffer, padded.byteOffset).getUint32(0));
  };
  const sealedAgain = (label: Uint8Array, data: Uint8Array, length: number): Uint8Array => {
    const units = Math.min(4, Math.ceil((data.length + 44) / CELL_BYTES));
    const padded = new Uint8Array(units * CELL_BYTES - 40);
    padded.set(uint32(length));
    padded.set(data.subarray(0, padded.length - 4), 4);
    const nonce = randomness.bytes(24);
    return concat(nonce, crypto.seal(keys.sealKey.expose(), nonce, padded, concat(label, keys.place)));
  };
  const exchange = { inviterInception: from, acceptorInception: from, inviterNonce: from, acceptorNonce: from };
  const generation = createGeneration(crypto, new Secret(randomness.bytes(64)), 'joiner', NOW);
  let reassembly = emptyReassembly();
  let parts = 0;
  return [
    {
      name: 'an inbox record',
      seeds: [encodeInboxRecord(record)],
      run: (data) => {
        const read = decodeInboxRecord(data);
        if (read !== undefined) wipeInbox(openInbox(crypto, read));
        return read;
      },
    },
    {
      name: 'a tag',
      seeds: [makeTag(crypto, inbox, randomness)],
      run: (data) => recognises(crypto, inbox, data) || undefined,
    },
    {
      name: 'a cell outside of sessions',
      seeds: [hello, welcome].map((packet) => need(sealHelloCell(crypto, randomness, inbox, packet))),
      run: (data) => openHelloCell(crypto, inbox, data),
    },
    {
      name: 'the packet in such a cell',
      seeds: [hello, welcome].map((packet) => need(writeHelloBody(packet)).slice(0, 1600)),
      run: (data) => {
        const body = new Uint8Array(BODY_BYTES);
        body.set(data.subarray(0, BODY_BYTES));
        const tag = makeTag(crypto, inbox, randomness);
        const key = drawBodyKey(randomness);
        const cell = sealCell(crypto, randomness, tag, [], key, body);
        if (openCell(crypto, cell, key) === undefined) throw new Error('it does not open');
        const step = stepHello(
          emptyHelloState(),
          crypto,
          { peerKey: from, signer: signing, ownIdentity: from, peerIdentity: from },
          { type: 'hello', keyPackage: data, heardAt: null },
          NOW,
        );
        return step.effects[0];
      },
    },
    {
      name: 'parts of packets',
      seeds: bodies.map((body) => body.slice(0, 64)),
      run: (data) => {
        if (++parts % 5_000 === 0) reassembly = emptyReassembly();
        const body = new Uint8Array(BODY_BYTES);
        body.set(data.subarray(0, BODY_BYTES));
        const fragment = readBody(body);
        if (fragment === undefined) return undefined;
        reassembly = addFragment(reassembly, fragment, NOW + parts).state;
        for (const request of missingParts(reassembly, NOW + parts, 4_000)) requestedParts(request);
        if (reassembly.unfinished.size > 4_096 || reassembly.finished.size > 4_096)
          throw new Error('too many are kept');
        return fragment;
      },
      slowMs: 200,
    },
    { name: 'an unfinished packet', seeds: unfinished, run: decodeUnfinished },
    {
      name: 'an offer',
      seeds: offers.map((offer) => inside(OFFER, offer)),
      run: (data) => {
        const raw = decode(anything, data);
        const [body] = Array.isArray(raw) ? (raw as readonly unknown[]) : [];
        const signed =
          body === undefined
            ? data
            : encode(anything, [body, crypto.sign(signing, concat(OFFER, encode(anything, body)))]);
        const sealed = sealedAgain(OFFER, signed, signed.length);
        const offer = openOffer(crypto, keys, null, sealed, [1, 2, 3, 4, 5]);
        if (offer === undefined) return undefined;
        readSelfOffer(offer.extensions);
        readReturnOffer(offer.extensions);
        return offer;
      },
    },
    {
      name: 'a claim',
      seeds: [inside(concat(CLAIM, new Uint8Array(16)), claim)],
      run: (data) => {
        const label = concat(CLAIM, new Uint8Array(16));
        const length = data.length % 7 === 0 ? 2 ** 32 - 1 : data.length;
        return openClaim(crypto, keys, new Uint8Array(16), sealedAgain(label, data, length));
      },
    },
    {
      name: 'a sealed unit',
      seeds: [...offers, claim],
      run: (data) => openOffer(crypto, keys, null, data) ?? openClaim(crypto, keys, new Uint8Array(16), data),
    },
    {
      name: 'a scanned check code',
      seeds: [utf8(checkCode(crypto, exchange, 'inviter')), utf8(checkCode(crypto, exchange, 'acceptor'))],
      run: (data) => {
        const outcome = compareCheckCode(crypto, exchange, 'inviter', lossy.decode(data));
        return outcome === 'unreadable' ? undefined : outcome;
      },
    },
    { name: 'the state of a hello', seeds: [encodeHelloState(emptyHelloState())], run: decodeHelloState },
    {
      name: 'rows of a session',
      seeds: sessionRows(addGeneration(emptySession(), generation, NOW).session).map(({ key, value }) =>
        encode(anything, [[key, need(value ?? undefined)]]),
      ),
      run: (data) => {
        const raw = decode(anything, data);
        const rows = (Array.isArray(raw) ? (raw as readonly unknown[]) : []).flatMap((row) => {
          const [key, value] = Array.isArray(row) ? (row as readonly unknown[]) : [];
          return key instanceof Uint8Array && value instanceof Uint8Array ? [{ key, value }] : [];
        });
        return loadSession(rows);
      },
    },
  ];
};

/** Cells of a session, bent: each is tried against the same session, loaded anew. */
const sessionTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => {
  const exporter = randomness.bytes(64);
  const sideOf = (role: 'joiner' | 'answerer') =>
    addGeneration(emptySession(), createGeneration(crypto, new Secret(exporter.slice()), role, NOW), NOW).session;
  let sender = sideOf('answerer');
  const tag = randomness.bytes(16);
  const cells: Uint8Array[] = [];
  const boxes: Uint8Array[] = [];
  // Of the beginning, and with some skipped in between.
  for (let i = 0; i < 90; i++) {
    const key = drawBodyKey(randomness);
    const sealed = need(sealSlot(sender, crypto, randomness, key, tag));
    sender = sealed.session;
    if (i < 3 || i > 87)
      cells.push(sealCell(crypto, randomness, tag, [sealed.slot], key, randomness.bytes(BODY_BYTES)));
    const box = need(sealBox(sender, crypto, randomness, randomness.bytes(100), tag));
    sender = box.session;
    if (i < 3) boxes.push(box.box);
  }
  const rows = sessionRows(sideOf('joiner')).flatMap(({ key, value }) => (value === null ? [] : [{ key, value }]));
  const receiver = () => need(loadSession(rows.map(({ key, value }) => ({ key, value: value.slice() }))));
  return [
    {
      name: 'a cell of a session',
      seeds: cells,
      // 65,535 steps of a chain at most, for each of 8 slots.
      slowMs: 2_000,
      worth: 4,
      run: (data) => {
        const cell = new Uint8Array(CELL_BYTES);
        cell.set(data.subarray(0, CELL_BYTES));
        const opened = openSlots(receiver(), crypto, cellSlots(cell), cell.subarray(0, 16), NOW);
        if (opened.type !== 'opened') return undefined;
        if (opened.writes.length > 2_000) throw new Error(`${opened.writes.length} rows are written for one cell`);
        return openCell(crypto, cell, opened.bodyKey.expose());
      },
    },
    {
      name: 'a box of a session',
      seeds: boxes,
      slowMs: 300,
      run: (data) => {
        const opened = openBox(receiver(), crypto, data, tag, NOW);
        return opened.type === 'opened' ? opened.packet : undefined;
      },
    },
  ];
};

/** `agreement`: the real one. */
export const agreementTargets = async (
  crypto: Crypto,
  agreement: PairKeyAgreement,
  randomness: SeededRandomness,
): Promise<readonly Target[]> => {
  const signer = crypto.signingKey(new Secret(randomness.bytes(32)));
  const identity = randomness.bytes(24);
  const own = await agreement.run({ type: 'prepare', signer, identity });
  if (own.type !== 'prepared') throw new Error(own.type);
  const { keyPackage, initSecret } = own;
  const other = crypto.signingKey(new Secret(randomness.bytes(32)));
  const [by, theirs] = [other, randomness.bytes(24)];
  const answered = await agreement.run({ type: 'answer', signer: by, identity: theirs, keyPackage });
  if (answered.type !== 'answered') throw new Error(answered.type);
  const { welcome, leaf } = answered;
  const taken = (type: string): true | undefined => type !== 'refused' || undefined;
  return [
    {
      name: 'a KeyPackage of MLS',
      seeds: [keyPackage],
      slowMs: 300,
      worth: 5,
      run: async (data) =>
        taken((await agreement.run({ type: 'answer', signer: by, identity: theirs, keyPackage: data })).type),
    },
    {
      name: 'a Welcome of MLS',
      seeds: [welcome],
      slowMs: 300,
      worth: 5,
      run: async (data) => {
        const secret = new Secret(initSecret.expose().slice());
        const job = { type: 'join', keyPackage, initSecret: secret, signer, welcome: data, leaf } as const;
        return taken((await agreement.run(job)).type);
      },
    },
    {
      name: 'a leaf of MLS',
      seeds: [leaf],
      slowMs: 300,
      worth: 5,
      run: async (data) => {
        const secret = new Secret(initSecret.expose().slice());
        const job = { type: 'join', keyPackage, initSecret: secret, signer, welcome, leaf: data } as const;
        return taken((await agreement.run(job)).type);
      },
    },
  ];
};

const requests = (crypto: Crypto, randomness: SeededRandomness): readonly RelayRequest[] => {
  const token = randomness.bytes(32);
  const [place, owner] = [randomness.bytes(32), crypto.hash(32, token)];
  const cell = randomness.bytes(CELL_BYTES);
  const sealed = randomness.bytes(CELL_BYTES);
  const offered = NOW + 86_400_000;
  const hour = Math.floor(NOW / 3_600_000);
  return [
    { type: 'info' },
    { type: 'put', cells: [{ cell, bucket: BUCKETS.hour, live: true }] },
    { type: 'fetch', bucket: { kind: BUCKETS.hour, period: hour, bits: 0, prefix: new Uint8Array() }, block: 0 },
    { type: 'listen', channels: [{ bits: 10, prefix: Uint8Array.of(1, 64) }] },
    { type: 'offerPut', place, owner, token: null, single: true, offered, expires: offered, sealed },
    { type: 'offerGet', place },
    { type: 'claimPut', place, id: randomness.bytes(16), sealed },
    { type: 'claimsGet', place, token },
    { type: 'claimsDelete', place, token, ids: [randomness.bytes(16)] },
    { type: 'offerDelete', place, token },
  ] as readonly RelayRequest[];
};

const relayTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => {
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  const asked = requests(crypto, randomness);
  const freshRules = (): RelayRules =>
    createRelayRules(
      { crypto, key, log: createMemoryCellLog(2 ** 24), places: createMemoryPlaceStore(), push: () => undefined },
      DEFAULT_RELAY_SETTINGS,
    );
  let rules = freshRules();
  let count = 0;
  const infoOf = asked[0] as RelayRequest;
  const kinds = asked.filter(({ type }) => type !== 'listen');
  const answers = kinds.map((request) => {
    const told: Uint8Array[] = [];
    const peer = { connection: null, address: 'a', factor: 1 };
    freshRules().handle(peer, request, NOW, (response) => void told.push(encode(relayResponseCodec, response)));
    return need(told[0]);
  });
  return [
    {
      name: 'requests to a relay, one after the other',
      seeds: asked.map((request) => concat(Uint8Array.of(0, 1), encode(relayRequestCodec, request))),
      worth: 4,
      slowMs: 200,
      run: (data) => {
        if (++count % 4_000 === 0) rules = freshRules();
        const [address = 0, after = 0] = data;
        const now = NOW + (count % 4_000) * 1_000 + (after > 250 ? 40 * 86_400_000 : after * 60_000);
        const request = decode(relayRequestCodec, data.subarray(2));
        if (request === undefined) return undefined;
        let replies = 0;
        const peer = { connection: (address & 1) === 0 ? address : null, address: `a${address}`, factor: 100 };
        rules.handle(peer, request, now, (response) => {
          replies++;
          if (decode(relayResponseCodec, encode(relayResponseCodec, response)) === undefined)
            throw new Error(`it answers ${response.type} as no client takes it`);
          if (response.type === 'cells' && response.cells.length > BLOCK_CELLS) throw new Error('more than a block');
        });
        if (replies !== 1) throw new Error(`${request.type} was answered ${replies} times`);
        if ((address & 63) === 63) rules.closed(address);
        const { cellBytes, placeBytes } = rules.held();
        if (cellBytes + placeBytes > 2 ** 28) throw new Error(`${cellBytes + placeBytes} bytes are held`);
        return request;
      },
    },
    {
      name: 'what a relay answers over HTTP',
      seeds: [...answers, ...answers.map((answer) => json(wireToJson(decode(relayResponseCodec, answer))))].flatMap(
        (answer, i) => [concat(Uint8Array.of(i % kinds.length, i < answers.length ? 0 : 1), answer)],
      ),
      words: ['"type"', '"cells"', '"limits":{}', '"periods":{}', '"code":"gone"', '"retryAfter":1', 'null'].map(utf8),
      run: async (data) => {
        const [which = 0, form = 0] = data;
        const request = kinds[which % kinds.length] ?? infoOf;
        const type = ['application/cbor', 'application/json', 'application/problem+json', ''][form & 3] as string;
        const status = form > 200 ? 503 : form > 100 ? 404 : 200;
        const http = async () => ({ status, type, body: data.subarray(2) });
        try {
          return await requestOverHttp(http, 'https://relay.example', request, form % 2 === 0 ? 'cbor' : 'json', 1000);
        } catch (error) {
          if (error instanceof TransportError) return undefined;
          throw error;
        }
      },
    },
    {
      name: 'requests and answers as JSON',
      seeds: [
        ...asked.map((request) => json(wireToJson(request))),
        ...answers.map((answer) => json(wireToJson(decode(relayResponseCodec, answer)))),
        json({ type: 'fetch', bucket: { kind: 1, period: 2, bits: 0, prefix: '' }, block: 0 }),
        utf8(`{"type":"put","cells":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
      ],
      words: ['null', '{}', '[]', '"AAAA"', '1e400', '-0', '"type":', '"__proto__":'].map(utf8),
      run: (data) => {
        const value = parsed(data);
        return jsonToRequest(value) ?? jsonToResponse(value);
      },
    },
  ];
};

/** Values that pages and workers, or programs and daemons, pass each other. */
const pipeTargets = (): readonly Target[] => {
  const kith: Kith = {
    call: (method) =>
      method === 'status'
        ? Promise.reject(new KithError('interrupted'))
        : (Promise.resolve({ method }) as Promise<never>),
    onChange: () => () => undefined,
    close: () => Promise.resolve(),
  };
  const call = { type: 'call', id: 1, method: 'status', params: {} };
  return [
    {
      name: 'messages to an engine behind a pipe',
      seeds: [call, { type: 'listen' }, { type: 'unlisten' }].map(json),
      words: ['"id":', '"type":"call"', '"params":{}', '"method":"constructor"', 'null'].map(utf8),
      run: async (data) => {
        const [here, there] = pipePair();
        const told: unknown[] = [];
        const stop = serveKith(kith, there);
        here.onMessage((value) => void told.push(value));
        here.send(parsed(data) ?? null);
        for (let i = 0; i < 6; i++) await Promise.resolve();
        stop();
        return told[0];
      },
    },
    {
      name: 'messages from an engine behind a pipe',
      seeds: [
        { type: 'result', id: 1, result: 1 },
        { type: 'error', id: 1, code: 'interrupted', message: 'm', hint: 'h' },
        { type: 'change', change: { type: 'status' } },
      ].map(json),
      words: ['"id":1', '"type":"result"', '"code":"constructor"', 'null'].map(utf8),
      run: async (data) => {
        const [here, there] = pipePair();
        const far = connectKith(here);
        const changes: unknown[] = [];
        far.onChange((change) => void changes.push(change));
        let answered: unknown;
        const asked = far.call('status', {}).then(
          (result) => (answered = result),
          (error: unknown) => {
            if (!(error instanceof KithError)) throw error;
            answered = error.code;
          },
        );
        there.send(parsed(data) ?? null);
        for (let i = 0; i < 6; i++) await Promise.resolve();
        const before = answered ?? changes[0];
        await far.close();
        await asked;
        return before;
      },
    },
  ];
};

const backupTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => {
  const header = {
    format: 1,
    backup: randomness.bytes(16),
    salt: randomness.bytes(16),
    operations: 3,
    memory: 8192,
  } as const;
  const key = new Secret(randomness.bytes(32));
  const records = [
    encode(backupRecordCodec, { type: 'spare', seed: randomness.bytes(32) }),
    encode(backupRecordCodec, { type: 'relays', relays: ['https://a.example'] }),
    encode(backupRecordCodec, { type: 'end', records: 3 }),
  ];
  return [
    {
      name: 'the header of a backup',
      seeds: [encodeHeader(header)],
      run: (data) => {
        const start = new Uint8Array(Math.max(240, data.length));
        start.set(data);
        const read = readBackupHeader(data.length % 5 === 0 ? data : start);
        return read.type === 'header' ? read : undefined;
      },
    },
    {
      name: 'records of a backup',
      seeds: records,
      slowMs: 200,
      run: (data) =>
        openPart(crypto, key, 0, sealPart(crypto, key, 0, [data.subarray(0, 60_000)], randomness.bytes(24))),
    },
  ];
};

/** `crypto`: without any security, so that what is bent inside a seal is sealed again at once. */
export const coreTargets = (crypto: Crypto, randomness: SeededRandomness): readonly Target[] => [
  ...contentTargets(),
  {
    name: 'a charter entry or certificate, as it comes',
    seeds: [],
    run: (data) =>
      openEntry(crypto, data) ?? readCertificate(data) ?? openCertificate(crypto, data, new Uint8Array(32)),
  },
  {
    name: 'the guard of a home',
    seeds: [],
    run: (data) => {
      const guard = decodeGuard(data);
      return guard.lockAfter === 'off' ? undefined : guard;
    },
  },
  ...mailboxTargets(crypto, randomness),
  ...sessionTargets(crypto, randomness),
  ...relayTargets(crypto, randomness),
  ...pipeTargets(),
  ...backupTargets(crypto, randomness),
];
