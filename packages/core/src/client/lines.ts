// What people see of a conversation: its lines, and each contact at a glance.
import { equalBytes, toHex } from '../bytes/index.ts';
import {
  CONTENT_KINDS,
  contents,
  decodeContent,
  draftOf,
  editedText,
  hasEnded,
  isDeleted,
  lineIds,
  memberProfile,
  reactionsTo,
  unreadCount,
  type Content,
} from '../conversation/index.ts';
import { eventName, type EventId } from '../identity/index.ts';
import type { Place, ShownEvent } from '../log/index.ts';
import { isPosted } from '../sync/index.ts';
import type { Context } from './context.ts';
import type { Home, Pair } from './home.ts';
import { eventKey, frontierOf, peerState, waitingAt } from './peers.ts';
import { ROLES } from './records.ts';
import type { Contact, ContactState, EventState, LogKind, LogLine } from './rpc.ts';
import type { Sessions } from './sessions.ts';

const KIND_NAMES = new Map<number, LogKind>([
  [CONTENT_KINDS.text, 'text'],
  [CONTENT_KINDS.reaction, 'reaction'],
  [CONTENT_KINDS.edit, 'edit'],
  [CONTENT_KINDS.delete, 'delete'],
  [CONTENT_KINDS.profile, 'member'],
]);

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
    const peer = this.#home.peer(pair);
    const theirs = peer === undefined ? '' : memberProfile(pair.view, peer).name;
    if (facts.name !== '') return { name: facts.name, from: 'me' };
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
    const newest = this.lines(pair, { limit: 20 }).findLast(({ kind }) => kind === 'text' || kind === 'notice') ?? null;
    const { local } = pair;
    return {
      conversation: pair.name,
      name,
      nameFrom: from,
      validity: facts.validity,
      state: this.stateOf(pair),
      unread: unreadCount(this.#context.store, pair.id),
      picture: peer === undefined ? null : memberProfile(pair.view, peer).picture,
      at: newest === null ? facts.at : Math.max(facts.at, newest.receivedAt),
      preview: newest,
      draft: draftOf(this.#context.store, pair.id),
      typing,
      waitingSince: this.#waitingSince(pair),
      wordsReady: local.peerNonce !== null && local.peerInception !== null,
    };
  }
  /** The oldest of the newest own lines that nobody has: enough for "waiting for". */
  #waitingSince(pair: Pair): number | null {
    let since: number | null = null;
    for (const event of lineIds(this.#context.store, pair.id, { limit: 20 })) {
      const shown = pair.log.find(event);
      if (shown === undefined || !equalBytes(shown.member, pair.view.me)) break;
      const waiting = waitingAt(this.#context, pair, eventKey(pair, shown.place));
      if (waiting === undefined) break;
      since = waiting.row.at;
    }
    return since;
  }

  lines(pair: Pair, page: { readonly before?: ShownEvent; readonly after?: ShownEvent; readonly limit: number }): readonly LogLine[] {
    const ids = lineIds(this.#context.store, pair.id, page);
    const lines = ids.map((event) => this.line(pair, event)).filter((line) => line !== undefined);
    return page.after === undefined ? lines.toReversed() : lines;
  }
  line(pair: Pair, event: EventId): LogLine | undefined {
    const shown = pair.log.find(event);
    return shown === undefined ? undefined : this.lineOf(pair, shown);
  }
  lineOf(pair: Pair, shown: ShownEvent): LogLine {
    const { view } = pair;
    const mine = equalBytes(shown.member, view.me);
    const raw = shown.contentState === 'held' ? pair.log.content(shown.event) : undefined;
    const content = raw === undefined || shown.newer ? undefined : decodeContent(shown.contentKind, raw);
    const unknown = shown.newer || !contents.knows(shown.contentKind);
    const deleted = isDeleted(view, shown.place);
    const kind: LogKind = unknown ? 'notice' : (KIND_NAMES.get(shown.contentKind) ?? 'notice');
    const edited = content?.type === 'text' ? editedText(view, shown.place) : undefined;
    return {
      event: eventName(shown.event),
      conversation: pair.name,
      author: toHex(shown.member),
      authorName: mine ? this.#home.profile().name : this.nameOf(pair).name,
      mine,
      kind,
      text: content?.type === 'text' && !deleted ? (edited ?? content.text) : null,
      sentAt: shown.time,
      receivedAt: shown.receivedAt === 0 ? shown.time : shown.receivedAt,
      state: mine ? this.eventState(pair, shown.place) : null,
      edited: edited !== undefined,
      deleted,
      reply: content?.type === 'text' && content.reply !== null ? this.#reply(pair, content.reply) : null,
      reactions: reactionsTo(view, shown.place).map(({ emoji, members }) => ({
        emoji,
        count: members.length,
        mine: members.some((member) => equalBytes(member, view.me)),
      })),
      target: this.#target(pair, content),
      emoji: content?.type === 'reaction' ? content.emoji : null,
      mark: markOf(shown, unknown),
      notice: kind === 'notice' ? (unknown ? 'newer' : 'ended') : null,
    };
  }
  #reply(pair: Pair, place: Place): LogLine['reply'] {
    const shown = pair.log.at(place);
    if (shown === undefined) return null;
    const raw = shown.contentState === 'held' ? pair.log.content(shown.event) : undefined;
    const content = raw === undefined ? undefined : decodeContent(shown.contentKind, raw);
    const text = content?.type === 'text' && !isDeleted(pair.view, place) ? (editedText(pair.view, place) ?? content.text) : null;
    const mine = equalBytes(shown.member, pair.view.me);
    return { event: eventName(shown.event), authorName: mine ? this.#home.profile().name : this.nameOf(pair).name, text };
  }
  #target(pair: Pair, content: Content | undefined): string | null {
    if (content === undefined || !('target' in content)) return null;
    const shown = pair.log.at(content.target);
    return shown === undefined ? null : eventName(shown.event);
  }
  /** Of an own event: it waits in the outbox until a frontier of the other side has covered it once. */
  eventState(pair: Pair, place: Place): EventState {
    const waiting = waitingAt(this.#context, pair, eventKey(pair, place));
    if (waiting !== undefined) return isPosted(waiting.row) ? 'sent' : 'waiting';
    const read = this.#sessions.feeds(pair).some((feed) => {
      const frontier = frontierOf(peerState(this.#context, pair, feed).read);
      return frontier !== undefined && pair.log.covers(frontier, place);
    });
    return read ? 'read' : 'delivered';
  }
}

const markOf = (shown: ShownEvent, unknown: boolean): LogLine['mark'] => {
  if (shown.marks.includes('removed') || shown.marks.includes('contested')) return 'removed';
  if (shown.marks.includes('copy')) return 'copy';
  if (shown.marks.includes('counterpart')) return 'counterpart';
  return unknown ? 'newer' : null;
};
