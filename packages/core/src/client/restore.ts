// The last step of a restore: a fresh home becomes a new device of the person whose backup it read. It makes keys of its own
// for every conversation, and the spare of the backup signs the entries that let them in; no key of the lost device comes back.
import { equalBytes } from '../bytes/index.ts';
import { decode } from '../codec/index.ts';
import { afterPrefix, firstSeenOf, putImported, relationsOf } from '../conversation/index.ts';
import { Secret } from '../crypto/index.ts';
import {
  CHARTER_SEGMENT,
  createAddDevice,
  feedIdOf,
  firstEntryPoint,
  openEntry,
  signConsent,
  type OpenEntry,
} from '../identity/index.ts';
import { frontierCodec, type Frontier } from '../log/index.ts';
import { isOrigin } from '../mailbox/index.ts';
import { newPeerState } from '../sync/index.ts';
import type { Restored } from './backup-reader.ts';
import type { Context } from './context.ts';
import type { Conversation, Pair } from './conversation.ts';
import type { Devices } from './devices.ts';
import { KithError } from './errors.ts';
import type { FirstSeen } from './first-seen.ts';
import type { Home } from './home.ts';
import { setPeerState } from './peers.ts';
import type { Methods } from './rpc.ts';
import type { Sender } from './sender.ts';
import { restoredName, rootOf, spareKey } from './spares.ts';

export interface RestoreParts {
  readonly context: Context;
  readonly home: Home;
  readonly sender: Sender;
  readonly devices: Devices;
  readonly firstSeen: FirstSeen;
  /** What is kept in memory of the `self` that goes. */
  readonly forget: () => void;
}
const NOTHING_HELD: Frontier = { digest: new Uint8Array(16), base: 0, feeds: [] };
/** Before an entry in its row: when it was first seen. */
const SEEN_BYTES = 6;

/** Throws a KithError when the backup can let nobody in. Within a transaction. */
export const adoptBackup = (parts: RestoreParts, restored: Restored): Methods['restore.finish']['result'] => {
  const { context, home, devices, firstSeen } = parts;
  const { spare } = restored;
  const self = restored.logs.find(({ conversation, kind }) => kind === 0 && equalBytes(conversation, restored.self));
  if (spare === null || self === undefined) {
    throw new KithError('bad-backup', { message: 'This backup has nothing that could let a new device in.' });
  }
  const inception = inceptionOf(context, self);
  // An inbox at a relay that is none would be refused by everybody.
  const relays = restored.relays.filter(isOrigin);
  if (home.remembered.length === 0 && relays.length > 0) home.setRelays(relays);
  joinSelf(parts, self, inception, spare);
  home.tell({ type: 'device', name: '', at: Math.max(0, context.now()), extensions: [] });
  devices.adopted();
  knowWriter(parts, spare);
  let events = 0;
  const pairs: Pair[] = [];
  for (const relation of relationsOf(context.store)) {
    const pair = home.pair(relation.conversation);
    if (pair === undefined) continue;
    letIn(parts, pair, spare);
    for (const held of restored.held) {
      if (!equalBytes(held.conversation, pair.id)) continue;
      setPeerState(context, pair, held.feed, { ...newPeerState, frontier: held.frontier, read: held.read });
    }
    firstSeen.charter(pair);
    home.rebuildPair(pair);
    offer(parts, pair, restored);
    events += countEvents(context, pair);
    pairs.push(pair);
  }
  for (const { lines } of restored.imported)
    for (const line of lines) putImported(context.store, context.crypto, line, Math.max(0, context.now()));
  for (const type of ['contacts', 'profile', 'settings', 'devices'] as const) context.changed({ type });
  return { conversations: pairs.map(({ name }) => name), events };
};

type SelfLog = Restored['logs'][number];
const inceptionOf = ({ store, crypto }: Context, { conversation, me }: SelfLog): OpenEntry => {
  const found = store
    .scan('entry', { from: conversation, to: afterPrefix(conversation) })
    .map(({ value }) => openEntry(crypto, value.subarray(SEEN_BYTES)))
    .find((open) => open?.act.type === 'inception' && equalBytes(open.act.member, me));
  if (found !== undefined) return found;
  throw new KithError('bad-backup', { message: 'The beginning of a log is missing in this backup.' });
};
/** The restored `self` becomes that of this home; the empty one that it began with goes. */
const joinSelf = (parts: RestoreParts, self: SelfLog, inception: OpenEntry, spare: Secret): void => {
  const { context, home } = parts;
  const { crypto, randomness } = context;
  const key = crypto.signingKey(new Secret(randomness.bytes(32)));
  // Nobody answers a restore elsewhere: where its person's devices are reached stands in the log.
  const joining = home.join(self.conversation, key, self.me, inception.feed, null);
  letIn(parts, joining, spare);
  home.adopt();
  parts.forget();
};

/** Whoever wrote the file said in `self` when it had first seen entries: under a name that nobody else can know of itself. */
const knowWriter = ({ context, home, firstSeen }: RestoreParts, spare: Secret): void => {
  const { crypto, store } = context;
  const { mine } = home;
  const conversations = [mine.id, ...relationsOf(store).map(({ conversation }) => conversation)];
  for (const { feed } of mine.log.charter().members.flatMap(({ devices }) => devices)) {
    const as = restoredName(crypto, spare, feed);
    if (!conversations.some((id) => firstSeenOf(store, as, feed, id).length > 0)) continue;
    home.setHost(feed, as);
    firstSeen.charter(mine);
  }
};
/** The spare says that this device is one of its person's. Two restores of one backup say so at one place, and both hold. */
const letIn = ({ context, sender, devices }: RestoreParts, of: Conversation, spare: Secret): void => {
  const { crypto } = context;
  const own = of.log.device();
  if (own === undefined) throw new Error('a conversation of this home has its device');
  const key = spareKey(crypto, spare, of.id);
  const root = rootOf(of);
  const consent = signConsent(crypto, own.key, root, own.member);
  const body = { device: own.key.publicKey, member: own.member, consent };
  const entry = createAddDevice(crypto, key, firstEntryPoint(root), body);
  const feed = feedIdOf(crypto, key.publicKey);
  key.privateKey.wipe();
  const ingested = of.log.ingest([{ type: 'entry', entry }], 'own', Math.max(1, context.now()));
  sender.queue(of, { feed, segment: CHARTER_SEGMENT, seq: 0 });
  if (of.kind === 'pair') devices.charter(of, ingested);
};

/** Own lines that nobody on the other side is known to hold wait again, as they did on the lost device. */
const offer = ({ sender }: RestoreParts, pair: Pair, { held }: Restored): void => {
  const frontiers = held.flatMap(({ conversation, frontier }) => {
    const known = equalBytes(conversation, pair.id) && frontier !== null ? decode(frontierCodec, frontier) : undefined;
    return known === undefined ? [] : [known];
  });
  const { theyLack } = pair.log.compare(frontiers[0] ?? NOTHING_HELD);
  for (const { feed, segment, from, to } of theyLack) {
    const member = pair.log.memberOf(feed);
    if (member === undefined || !equalBytes(member, pair.me) || equalBytes(segment, CHARTER_SEGMENT)) continue;
    for (let seq = from; seq < to; seq++) {
      const place = { feed, segment, seq };
      if (!frontiers.some((frontier) => pair.log.covers(frontier, place))) sender.queue(pair, place);
    }
  }
  sender.tellSoon(pair.theirs, true);
};

const countEvents = ({ store }: Context, { id }: Pair): number =>
  store.scan('event', { from: id, to: afterPrefix(id) }).length;
