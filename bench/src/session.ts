// Seal and open 1 KiB between two devices that know each other, state kept after every step, against libsignal.
import { equalBytes } from '@kith/core/bytes';
import { Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import {
  BODY_BYTES,
  cellSlots,
  cellTag,
  createInboxRecord,
  drawBodyKey,
  makeTag,
  openCell,
  openInbox,
  recognises,
  sealCell,
} from '@kith/core/mailbox';
import {
  addGeneration,
  createGeneration,
  emptySession,
  openBody,
  openSlots,
  sealBody,
  sealSlot,
  type Session,
} from '@kith/core/session';
import { withNativeCrypto } from '@kith/platform-node/native-crypto';
import { systemRandomness } from '@kith/platform-node/system';
import type { Bench } from './bench.ts';
import { inTurn, now } from './figures.ts';
import { signalPair } from './signal.ts';

type Name = 'alice' | 'bob';
const TEXT_BYTES = 1024;

const kithPair = async () => {
  const crypto = await withNativeCrypto(await createLibsodium());
  const randomness = systemRandomness;
  const exporter = randomness.bytes(64);
  const make = (role: 'answerer' | 'joiner'): Session =>
    addGeneration(emptySession(), createGeneration(crypto, new Secret(exporter.slice()), role, Date.now()), Date.now())
      .session;
  const sessions = { alice: make('answerer'), bob: make('joiner') };
  const inbox = openInbox(crypto, createInboxRecord(randomness, 1, [], 0, new Uint8Array(3)));

  /** `writes` are what a client commits: their bytes are made here, as libsignal's record is serialised. */
  const seal = (from: Name, tag: Uint8Array, bodyKey: Uint8Array): Uint8Array => {
    const sealed = sealSlot(sessions[from], crypto, randomness, bodyKey, tag);
    if (sealed === undefined) throw new Error('no generation to send in');
    sessions[from] = sealed.session;
    return sealed.slot;
  };
  const open = (to: Name, slots: readonly Uint8Array[], tag: Uint8Array): Secret => {
    const opened = openSlots(sessions[to], crypto, slots, tag, Date.now());
    if (opened.type !== 'opened') throw new Error(`a slot was ${opened.type}`);
    sessions[to] = opened.session;
    return opened.bodyKey;
  };
  return {
    /** Slot and body of 1 KiB: what libsignal's message is. */
    send(from: Name, text: Uint8Array): Uint8Array {
      const tag = makeTag(crypto, inbox, randomness);
      const bodyKey = drawBodyKey(randomness);
      const slot = seal(from, tag, bodyKey);
      const body = sealBody(crypto, bodyKey, tag, text);
      const key = open(from === 'alice' ? 'bob' : 'alice', [slot], tag);
      const opened = openBody(crypto, key.expose(), tag, body);
      key.wipe();
      if (opened === undefined) throw new Error('a body did not open');
      return opened;
    },
    /** A whole cell: recognised by its tag, eight slots of which one is real, a padded body of 3,392 bytes. */
    sendCell(from: Name, body: Uint8Array): Uint8Array {
      const bodyKey = drawBodyKey(randomness);
      const tag = makeTag(crypto, inbox, randomness);
      const cell = sealCell(crypto, randomness, tag, [seal(from, tag, bodyKey)], bodyKey, body);
      if (!recognises(crypto, inbox, cell)) throw new Error('a cell was not recognised');
      const key = open(from === 'alice' ? 'bob' : 'alice', cellSlots(cell), cellTag(cell));
      const opened = openCell(crypto, cell, key.expose());
      key.wipe();
      if (opened === undefined) throw new Error('a cell did not open');
      return opened;
    },
  };
};

export const bench: Bench = async ({ isQuick, print }) => {
  const count = isQuick ? 200 : 2000;
  const text = new Uint8Array(TEXT_BYTES).fill(97);
  const body = new Uint8Array(BODY_BYTES);
  body.set(text);
  const kith = await kithPair();
  const signal = await signalPair();
  if (!equalBytes(kith.send('alice', text), text) || !equalBytes(await signal.send('alice', text), text))
    throw new Error('what came out is not what went in');
  kith.send('bob', text);

  const oneWay = (): Name => 'alice';
  const alternating = (i: number): Name => (i % 2 === 0 ? 'alice' : 'bob');
  const perSecond = (who: (i: number) => Name, send: (from: Name) => unknown) => async (): Promise<number> => {
    const start = now();
    for (let i = 0; i < count; i++) await send(who(i));
    return (count / (now() - start)) * 1000;
  };
  const rounds = isQuick ? 1 : 5;
  const sendKith = (from: Name) => kith.send(from, text);
  const sendSignal = (from: Name) => signal.send(from, text);
  const sendCell = (from: Name) => kith.sendCell(from, body);
  const race = () =>
    inTurn(
      rounds,
      perSecond(oneWay, sendKith),
      perSecond(oneWay, sendCell),
      perSecond(oneWay, sendSignal),
      perSecond(alternating, sendKith),
      perSecond(alternating, sendCell),
      perSecond(alternating, sendSignal),
    );
  // The first time warms up: what is measured first would be measured uncompiled.
  await race();
  const [oneKith, oneCell, oneSignal, twoKith, twoCell, twoSignal] = await race();
  const line = { unit: 'messages/s', peer: 'libsignal', better: 'higher', durability: null } as const;
  print({ ...line, metric: 'one-way', value: oneKith, peerValue: oneSignal });
  print({ ...line, metric: 'one-way-whole-cell', value: oneCell, peerValue: oneSignal });
  print({ ...line, metric: 'alternating', value: twoKith, peerValue: twoSignal });
  print({ ...line, metric: 'alternating-whole-cell', value: twoCell, peerValue: twoSignal });
};
