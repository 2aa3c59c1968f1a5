// A conversation as the engine works with it, and the ways on which packets about it travel: to the other person in
// sessions of its own, and to one's own devices in those of `self`.
import type { ContactFacts, PairView } from '../conversation/index.ts';
import type { ConversationId, FeedId, MemberId } from '../identity/index.ts';
import type { ConversationLog } from '../log/index.ts';
import type { Inbox, InboxRecord } from '../mailbox/index.ts';
import type { PeerState } from '../sync/index.ts';
import type { Waiting } from './peers.ts';
import type { LocalConversation } from './records.ts';

/** Where cells can be left for those on the other end. */
export interface Outlet {
  readonly record: InboxRecord;
  readonly inbox: Inbox;
}

export interface Conversation {
  readonly kind: 'self' | 'pair';
  readonly id: ConversationId;
  /** Its id for people and programs. */
  readonly name: string;
  /** This person's member in it. */
  readonly me: MemberId;
  local: LocalConversation;
  readonly log: ConversationLog;
  /** Own inbox records that are read, newest first. */
  inboxes: readonly Inbox[];
  /** Empty before the other side is known. Several: not all of one's own devices know the newest record yet. */
  outlets: readonly Outlet[];
  /** Devices outside of the charter that there is a session with: while one of them is being let in. */
  guests: readonly FeedId[];
  /** Feed in hex -> what peers.ts keeps of that device. */
  readonly peers: Map<string, PeerState>;
}
export interface Pair extends Conversation {
  readonly kind: 'pair';
  readonly view: PairView;
  /** Kept until an event of `self` about this pair comes. */
  facts: ContactFacts | undefined;
  readonly theirs: Route;
  readonly own: Route;
}

/** Packets about one conversation, in the sessions of the same one or of `self`. */
export interface Route {
  readonly name: string;
  readonly about: Conversation;
  readonly via: Conversation;
  /** What waits to be posted on it, once read. */
  waiting: Map<string, Waiting> | undefined;
}
export const routeOf = (about: Conversation, via: Conversation): Route => ({
  name: about === via ? about.name : `${about.name} own`,
  about,
  via,
  waiting: undefined,
});
/** Do its packets go to one's own devices? */
export const isOwnRoute = (route: Route): boolean => route.via.kind === 'self';
