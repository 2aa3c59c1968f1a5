// What people see of a conversation: its lines, and each contact at a glance.
import { compareBytes, equalBytes, toHex } from '../bytes/index.ts';
import {
  aboutLine,
  meantBy,
  CONTENT_KINDS,
  contents,
  decodeContent,
  draftOf,
  goesAt,
  hasEnded,
  isHidden,
  isPicture,
  linePlaces,
  looksLikeEmoji,
  memberName,
  memberProfile,
  openLines,
  hasStars,
  isStarred,
  timerOf,
  unreadCount,
  type About,
  type Content,
  type LinePage,
  type LinePlace,
  type OpenLine,
} from '../conversation/index.ts';
import { eventName, type EventId } from '../identity/index.ts';
import type { Frontier, Opened, Place, ShownEvent } from '../log/index.ts';
import { isPosted } from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import { eventKey, frontierOf, peerState, waitingAt } from './peers.ts';
import { ROLES } from './records.ts';
import type { Contact, ContactState, EventState, LogKind, LogLine } from './rpc.ts';
import type { Sessions } from './sessions.ts';

/** More of them stand below no line. */
const MOST_REACTIONS = 24;
const shownPicture = (picture: Uint8Array | null): Uint8Array | null =>
  picture !== null && isPicture(picture) ? picture : null;

const KIND_NAMES = new Map<number, LogKind>([
  [CONTENT_KINDS.text, 'text'],
  [CONTENT_KINDS.reaction, 'reaction'],
  [CONTENT_KINDS.edit, 'edit'],
  [CONTENT_KINDS.delete, 'delete'],
  [CONTENT_KINDS.profile, 'member'],
]);

/** What all lines of a conversation share. */
interface Glance {
  readonly mine: string;
  readonly theirs: string;
  /** As far as the other side says it has read. */
  readonly read: readonly Frontier[];
  /** Some line of it is. */
  readonly isStarred: boolean;
}

export interface FoundLine {
  readonly pair: Pair;
  readonly line: OpenLine;
}

/** What is at hand of a line of this moment. */
export interface WrittenLine {
  readonly content: Content;
  readonly about: About;
}

export class Lines {
  readonly #context: Context;
  readonly #home: Home;
  readonly #sessions: Sessions;
  constructor(context: Context, home: Home, sessions: Sessions) {
    this.#context = context;
    this.#home = home;
    this.#sessions = sessions;
  }

  nameOf(pair: Pair): { readonly name: string; readonly from: Contact['nameFrom'] } {
    const facts = this.#home.facts(pair);
    if (facts.name !== '') return { name: facts.name, from: 'me' };
    const peer = this.#home.peer(pair);
    const theirs = peer === undefined ? '' : memberName(pair.view, peer);
    if (theirs !== '') return { name: theirs, from: 'them' };
    return { name: facts.label, from: facts.label === '' ? 'none' : 'label' };
  }
  stateOf(pair: Pair): ContactState {
    const facts = this.#home.facts(pair);
    const peer = this.#home.peer(pair);
    if (facts.blocked) return 'blocked';
    if (facts.ended || (peer !== undefined && hasEnded(pair.view, peer))) return 'ended';
    if (peer !== undefined) return 'active';
    return pair.local.role === ROLES.inviter ? 'invited' : 'requested';
  }

  contact(pair: Pair, typing: boolean): Contact {
    const facts = this.#home.facts(pair);
    const { name, from } = this.nameOf(pair);
    const peer = this.#home.peer(pair);
    const newest = this.#newest(pair);
    const { local } = pair;
    return {
      conversation: pair.name,
      name,
      nameFrom: from,
      validity: facts.validity,
      state: this.stateOf(pair),
      unread: unreadCount(this.#context.store, pair.id),
      picture: peer === undefined ? null : shownPicture(memberProfile(pair.view, peer).picture),
      at: newest === null ? facts.at : Math.max(facts.at, newest.receivedAt),
      preview: newest,
      draft: draftOf(this.#context.store, pair.id),
      typing,
      waitingSince: this.#waitingSince(pair),
      wordsReady: local.peerNonce !== null && local.peerInception !== null,
      imported: false,
      deviceOnly: this.#home.isDeviceScoped(pair),
      context: this.#contextOf(pair),
      ...this.#preferred(pair),
    };
  }
  #contextOf(pair: Pair): string | null {
    const context = this.#home.contextOf(pair);
    return context === null || context === undefined ? null : toHex(context.id);
  }
  #preferred(pair: Pair): Pick<Contact, 'muted' | 'pinned' | 'archived' | 'timer'> {
    const { muted, pinned, archived, timer } = this.#home.preferences(pair);
    return { muted, pinned, archived, timer };
  }
  /** What the list of contacts shows of it. */
  #newest(pair: Pair): LogLine | null {
    const glance = this.#glance(pair);
    for (const { event, lamport } of linePlaces(this.#context.store, pair.id, { limit: 20 })) {
      const opened = pair.log.open(event, lamport);
      const line = opened === undefined ? undefined : this.#line(pair, withAbout(pair, opened), glance);
      if (line?.kind === 'text' || line?.kind === 'notice') return line;
    }
    return null;
  }
  /** The oldest of the newest own lines that nobody has: enough for "waiting for". */
  #waitingSince(pair: Pair): number | null {
    let since: number | null = null;
    for (const { event } of linePlaces(this.#context.store, pair.id, { limit: 20 })) {
      const shown = pair.log.find(event);
      if (shown === undefined || !equalBytes(shown.member, pair.view.me)) break;
      const waiting = waitingAt(this.#context, pair.theirs, eventKey(pair.theirs, shown.place));
      if (waiting === undefined) break;
      since = waiting.row.at;
    }
    return since;
  }

  lines(pair: Pair, page: LinePage): readonly LogLine[] {
    const glance = this.#glance(pair);
    const rising = page.after !== undefined || page.oldest === true;
    // What a stub is left of has no line: a page that held nothing else is not the end.
    for (let where = page; ;) {
      const { lines, last } = openLines(pair.view, where);
      if (lines.length > 0 || last === undefined) {
        const risen = rising ? lines : lines.toReversed();
        const gap = this.#gapAt(pair, risen);
        return risen.map((line, at) => this.#line(pair, line, glance, at === gap));
      }
      where = rising ? { after: last, limit: page.limit } : { before: last, limit: page.limit };
    }
  }
  /** Of those that can be shown the first ones, in the order asked for. */
  linesOf(places: Iterable<{ readonly pair: Pair; readonly event: EventId }>, limit: number): readonly LogLine[] {
    const found: FoundLine[] = [];
    for (const { pair, event } of places) {
      if (found.length === limit) break;
      const opened = pair.log.open(event);
      if (opened !== undefined && !this.#isOver(pair, opened.shown))
        found.push({ pair, line: withAbout(pair, opened) });
    }
    return this.linesFor(found);
  }
  /** Lines that are made already stay as they are. */
  linesFor(found: readonly (FoundLine | LogLine)[]): readonly LogLine[] {
    const glances = new Map<Pair, Glance>();
    return found.map((one) => {
      if (!('pair' in one)) return one;
      const { pair, line } = one;
      const glance = glances.get(pair) ?? this.#glance(pair);
      glances.set(pair, glance);
      return this.#line(pair, line, glance);
    });
  }
  /** Its time is over: it is nowhere to be seen, destroyed or not. */
  #isOver(pair: Pair, shown: ShownEvent): boolean {
    return shown.contentState === 'expired' || isHidden(this.#context.store, pair.id, shown.place);
  }
  lineOf(pair: Pair, shown: ShownEvent): LogLine {
    return this.linesIn(pair, [shown])[0] as LogLine;
  }
  /** One by one, wherever they stand. `written`: of the one that there is. */
  linesIn(pair: Pair, events: readonly ShownEvent[], written?: WrittenLine): readonly LogLine[] {
    if (events.length === 0) return [];
    const glance = this.#glance(pair);
    return events.map((shown) => {
      const isHeld = shown.contentState === 'held' && !this.#isOver(pair, shown);
      const gap = this.#gapAt(pair, [{ shown }]) === 0;
      if (isHeld && written !== undefined)
        return this.#lineOf(pair, shown, written.content, written.about, glance, gap);
      const content = isHeld ? pair.log.content(shown.event) : undefined;
      return this.#line(pair, withAbout(pair, { shown, content }), glance, gap);
    });
  }
  /** The first of these lines that is shown ahead, when the one before it is not. */
  #gapAt(pair: Pair, lines: readonly Pick<OpenLine, 'shown'>[]): number | undefined {
    const from = pair.log.aheadFrom();
    if (from === undefined) return undefined;
    const isAhead = ({ lamport, event }: LinePlace): boolean =>
      lamport > from.lamport || (lamport === from.lamport && compareBytes(event, from.event) >= 0);
    const at = lines.findIndex(({ shown }) => isAhead(shown));
    const first = lines[0];
    if (at !== 0 || first === undefined) return at;
    const [before] = linePlaces(this.#context.store, pair.id, { before: first.shown, limit: 1 });
    return before !== undefined && isAhead(before) ? undefined : at;
  }
  #glance(pair: Pair): Glance {
    const read = this.#sessions
      .feeds(pair)
      .flatMap((feed) => frontierOf(peerState(this.#context, pair, feed).read) ?? []);
    return {
      mine: this.#home.profileIn(pair)?.name ?? '',
      theirs: this.nameOf(pair).name,
      read,
      isStarred: hasStars(this.#context.store, pair.id),
    };
  }
  #line(pair: Pair, { shown, content: raw, about }: OpenLine, glance: Glance, gap = false): LogLine {
    const content = raw === undefined || shown.newer ? undefined : decodeContent(shown.contentKind, raw);
    return this.#lineOf(pair, shown, content, about, glance, gap);
  }
  #lineOf(
    pair: Pair,
    shown: ShownEvent,
    content: Content | undefined,
    about: About,
    glance: Glance,
    gap: boolean,
  ): LogLine {
    const { view } = pair;
    const mine = equalBytes(shown.member, view.me);
    const unknown = shown.newer || !contents.knows(shown.contentKind);
    const { deleted } = about;
    const kind: LogKind = unknown ? 'notice' : (KIND_NAMES.get(shown.contentKind) ?? 'notice');
    const edited = content?.type === 'text' ? about.edited : undefined;
    return {
      event: eventName(shown.event),
      conversation: pair.name,
      author: toHex(shown.member),
      authorName: mine ? glance.mine : glance.theirs,
      mine,
      kind,
      text: content?.type === 'text' && !deleted ? (edited ?? content.text) : null,
      sentAt: shown.time,
      receivedAt: shown.receivedAt === 0 ? shown.time : shown.receivedAt,
      state: mine ? this.#eventState(pair, shown.place, glance) : null,
      edited: edited !== undefined,
      deleted,
      reply: content?.type === 'text' && content.reply !== null ? this.#reply(pair, shown, content, glance) : null,
      reactions: about.reactions
        .filter(({ emoji }) => looksLikeEmoji(emoji))
        .slice(0, MOST_REACTIONS)
        .map(({ emoji, members }) => ({
          emoji,
          count: members.length,
          mine: members.some((member) => equalBytes(member, view.me)),
        })),
      target: this.#target(pair, shown, content),
      emoji: content?.type === 'reaction' && looksLikeEmoji(content.emoji) ? content.emoji : null,
      ...this.#time(pair, shown, content),
      starred: glance.isStarred && isStarred(this.#context.store, pair.id, shown.place),
      gap,
      mark: markOf(shown, unknown),
      notice: kind === 'notice' ? (unknown ? 'newer' : 'ended') : null,
    };
  }
  #reply(
    pair: Pair,
    by: ShownEvent,
    { reply, extensions }: Extract<Content, { type: 'text' }>,
    glance: Glance,
  ): LogLine['reply'] {
    const shown = reply === null ? undefined : meantBy(pair.view, by, reply, extensions)?.events[0];
    if (shown === undefined) return null;
    const raw = shown.contentState === 'held' && !this.#isOver(pair, shown) ? pair.log.content(shown.event) : undefined;
    const content = raw === undefined ? undefined : decodeContent(shown.contentKind, raw);
    const about = aboutLine(pair.view, shown);
    const text = content?.type === 'text' && !about.deleted ? (about.edited ?? content.text) : null;
    const mine = equalBytes(shown.member, pair.view.me);
    return { event: eventName(shown.event), authorName: mine ? glance.mine : glance.theirs, text };
  }
  #time(pair: Pair, shown: ShownEvent, content: Content | undefined): Pick<LogLine, 'timer' | 'goesAt'> {
    const timer = content?.type === 'text' ? (timerOf(content) ?? null) : null;
    if (timer === null) return { timer, goesAt: null };
    return { timer, goesAt: goesAt(this.#context.store, pair.id, shown.place) };
  }
  #target(pair: Pair, by: ShownEvent, content: Content | undefined): string | null {
    if (content === undefined || !('target' in content)) return null;
    const shown = meantBy(pair.view, by, content.target, content.extensions)?.events[0];
    return shown === undefined ? null : eventName(shown.event);
  }
  /** Of an own event: it waits in the outbox until a frontier of the other side has covered it once. */
  #eventState(pair: Pair, place: Place, glance: Glance): EventState {
    const waiting = waitingAt(this.#context, pair.theirs, eventKey(pair.theirs, place));
    if (waiting !== undefined) return isPosted(waiting.row) ? 'sent' : 'waiting';
    return glance.read.some((frontier) => pair.log.covers(frontier, place)) ? 'read' : 'delivered';
  }
}

const withAbout = (pair: Pair, opened: Opened): OpenLine => ({
  ...opened,
  about: aboutLine(pair.view, opened.shown),
});
const markOf = (shown: ShownEvent, unknown: boolean): LogLine['mark'] => {
  if (shown.marks.includes('removed') || shown.marks.includes('contested')) return 'removed';
  if (shown.marks.includes('copy')) return 'copy';
  if (shown.marks.includes('counterpart')) return 'counterpart';
  return unknown ? 'newer' : null;
};
