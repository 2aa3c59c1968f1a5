// The own side: this device's key, its segments and their subkeys, its events and seals.
import { compareBytes, concat, equalBytes } from '../bytes/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import { createCertificate, eventIdOf, openEntry, NO_HASH, type SegmentId } from '../identity/index.ts';
import { contentHash, noContentHash, sizeClassOf } from './content.ts';
import { encodeHeader, EVENT_FORMAT, EVENT_KIND, MAX_HEADS, PUBLISH_KIND, type Header } from './header.ts';
import { addSegment, changeCharter, finish, newIntake, takeEntry } from './ingest.ts';
import { createSeal } from './objects.ts';
import { lamportOf, placesInOrder } from './places.ts';
import { standingValue, type HeaderRow, type OwnRecord, type SegmentRecord } from './records.ts';
import { keptSeals, putSeal } from './seals.ts';
import { newWork, publishFrom, setEnd, settle } from './settle.ts';
import { DAY_MS, MINUTE_MS } from './shared-time.ts';
import { emptySegment, type LogState } from './state.ts';
import type { Appended, Head, OwnDevice } from './types.ts';

/** Subkeys of own segments, derived from their seeds once; dropped with the rest of the cache. */
export interface Subkeys {
  of(segment: SegmentId, seed: Uint8Array): SigningKey;
  drop(): void;
}
export const openSubkeys = (state: LogState): Subkeys => {
  let last: { readonly segment: SegmentId; readonly key: SigningKey } | undefined;
  const drop = (): void => {
    last?.key.privateKey.wipe();
    last = undefined;
  };
  return {
    of(segment, seed) {
      if (last !== undefined && equalBytes(last.segment, segment)) return last.key;
      drop();
      const secret = new Secret(seed.slice());
      last = { segment, key: state.crypto.signingKey(secret) };
      secret.wipe();
      return last.key;
    },
    drop,
  };
};

const deviceKey = (own: OwnRecord): SigningKey => ({
  publicKey: own.publicKey,
  privateKey: new Secret(own.privateKey.slice()),
});

export const ownDevice = (state: LogState): OwnDevice | undefined => {
  const own = state.own();
  return own && { feed: own.feed, member: own.member, key: deviceKey(own) };
};

export const startDevice = (state: LogState, key: SigningKey, inception: Uint8Array): OwnDevice => {
  const open = openEntry(state.crypto, inception);
  if (open === undefined || open.act.type !== 'inception' || !equalBytes(open.entry.device, key.publicKey)) {
    throw new Error('a device starts with its own inception');
  }
  const { member } = open.act;
  const intake = newIntake();
  takeEntry(state, intake, inception, 0);
  changeCharter(state, intake, () => void state.admit(member));
  if (state.device(open.feed) === undefined) throw new Error('the inception is for another conversation');
  state.setOwn({
    feed: open.feed,
    member,
    publicKey: key.publicKey,
    privateKey: key.privateKey.expose().slice(),
    current: null,
    startNew: false,
    named: [],
    charter: { feed: open.feed, seq: 0 },
  });
  finish(state, intake);
  return { feed: open.feed, member, key };
};

const theOwn = (state: LogState): OwnRecord => {
  const own = state.own();
  if (own === undefined) throw new Error('no device was started in this conversation');
  return own;
};

/** Newest events of other devices that no own event has named yet, at most 8, the highest Lamport times first. */
export const headsSeen = (state: LogState): readonly Head[] => {
  const own = state.own();
  const heads = state.devices().flatMap(({ feed }): Head[] => {
    if (own !== undefined && equalBytes(feed, own.feed)) return [];
    const { tip } = state.feed(feed);
    const named = own?.named.find((head) => equalBytes(head.feed, feed));
    return tip === null || (named !== undefined && named.lamport >= tip.lamport) ? [] : [tip];
  });
  return heads.toSorted((a, b) => b.lamport - a.lamport || compareBytes(a.feed, b.feed)).slice(0, MAX_HEADS);
};

interface Current {
  readonly segment: SegmentId;
  readonly record: SegmentRecord;
  /** Of the segment before, when this one is new. */
  readonly end: Header['end'];
  readonly before: Head | undefined;
}

const openSegment = (state: LogState, subkeys: Subkeys, own: OwnRecord, day: number, time: number): Current => {
  const { crypto, conversation } = state;
  const last = own.current === null ? undefined : state.segment(own.feed, own.current);
  sealHead(state, subkeys);
  const seed = new Secret(state.randomness.bytes(32));
  const subkey = crypto.signingKey(seed);
  const number = last === undefined ? 0 : last.number + 1;
  const device = deviceKey(own);
  const { bytes, certificate } = createCertificate(crypto, device, {
    conversation,
    feed: own.feed,
    number,
    previous: own.current,
    subkey: subkey.publicKey,
    day,
    extensions: [],
  });
  device.privateKey.wipe();
  subkey.privateKey.wipe();
  const { segment } = certificate;
  const record = emptySegment({
    number,
    previous: own.current,
    subkey: subkey.publicKey,
    day,
    seed: seed.expose().slice(),
  });
  seed.wipe();
  addSegment(state, own.feed, segment, record, bytes);
  if (own.current === null || last === undefined) return { segment, record, end: null, before: undefined };
  setEnd(state, own.feed, own.current, { count: last.sound, time: Math.floor(time / MINUTE_MS) });
  const end = { segment: own.current, count: last.sound };
  const newest = { feed: own.feed, segment: own.current, seq: last.sound - 1, lamport: last.lamport };
  const { tip } = state.feed(own.feed);
  const before = tip !== null && tip.lamport > last.lamport ? tip : last.sound > 0 ? newest : undefined;
  return { segment, record, end, before };
};

export const append = (
  state: LogState,
  subkeys: Subkeys,
  event: { readonly contentKind: number; readonly content: Uint8Array | null; readonly time: number },
): Appended => {
  const { crypto } = state;
  const own = theOwn(state);
  const day = Math.floor(event.time / (state.periodMs ?? DAY_MS));
  const running = own.current === null ? undefined : state.segment(own.feed, own.current);
  const fits = running !== undefined && !own.startNew && running.day === day;
  const current: Current =
    own.current !== null && running !== undefined && fits
      ? { segment: own.current, record: running, end: null, before: undefined }
      : openSegment(state, subkeys, own, day, event.time);
  const { segment, record, end, before } = current;

  const seen = headsSeen(state);
  const heads = placesInOrder(before === undefined ? seen : [before, ...seen.slice(0, MAX_HEADS - 1)]);
  const lamport = lamportOf(record.lamport, heads);
  const key = event.content === null ? undefined : state.randomness.bytes(32);
  const header: Header = {
    format: EVENT_FORMAT,
    kind: EVENT_KIND,
    conversation: state.conversation,
    feed: own.feed,
    segment,
    seq: record.sound,
    previous: record.sound === 0 ? NO_HASH : record.head,
    lamport,
    time: Math.floor(event.time / MINUTE_MS),
    charter: own.charter,
    heads,
    end,
    contentKind: event.contentKind,
    sizeClass: event.content === null ? 0 : sizeClassOf(event.content.length),
    contentHash:
      event.content === null || key === undefined ? noContentHash() : contentHash(crypto, key, event.content),
    extensions: [],
  };
  const data = encodeHeader(header);
  const id = eventIdOf(crypto, data);
  const place = { feed: own.feed, segment, seq: header.seq };
  const row: HeaderRow = { ...place, event: id, flags: 0, receivedAt: 0, lamport, header: data };
  state.putHeaderRow(row);
  state.putStanding(id, place);
  state.store.put('order', state.orderKey(lamport, id), standingValue(place));
  if (event.content !== null && key !== undefined) {
    state.store.put('content', state.headerKey(place, id), concat(key, event.content));
  }
  const sound = record.sound + 1;
  state.setSegment(own.feed, segment, {
    ...record,
    sound,
    head: id,
    lamport,
    top: Math.max(record.top, sound),
    shown: sound,
    contents: record.contents + (event.content === null ? 0 : 1),
  });
  if (!fits || heads.length > 0) {
    const named = own.named.filter(({ feed }) => !heads.some((head) => equalBytes(head.feed, feed)));
    const others = heads.filter(({ feed }) => !equalBytes(feed, own.feed));
    state.setOwn({ ...own, current: segment, startNew: false, named: [...named, ...others] });
  }
  if (event.contentKind === PUBLISH_KIND) {
    const work = newWork();
    publishFrom(state, work, row);
    settle(state, work);
  }
  state.flush();
  return { place, event: id, lamport };
};

export const startSegment = (state: LogState): void => {
  const own = theOwn(state);
  if (own.current !== null) state.setOwn({ ...own, startNew: true });
  state.flush();
};

export const sealHead = (state: LogState, subkeys: Subkeys): void => {
  const own = state.own();
  const record = own?.current == null ? undefined : state.segment(own.feed, own.current);
  if (own?.current == null || record === undefined || record.seed === null || record.sealed >= record.sound) return;
  const at = { feed: own.feed, segment: own.current, seq: record.sound - 1 };
  putSeal(
    state,
    createSeal(state.crypto, subkeys.of(own.current, record.seed), state.conversation, at, record.head),
    true,
  );
  for (const { key, checked, seal } of keptSeals(state, own.feed, own.current, Math.max(0, record.sealed - 1))) {
    if (checked && seal.seq < at.seq) state.store.delete('seal', key);
  }
  state.setSegment(own.feed, own.current, { ...record, sealed: record.sound });
  state.flush();
};
