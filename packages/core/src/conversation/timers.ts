// When a line goes: by the timer it came with, or by the lifespan of what this person keeps. Rows of `timer` say when, by
// place; rows of `due` say the same by time. Both can be made again from what is held and from `self`.
import { concat, equalBytes, readUint48, uint48 } from '../bytes/index.ts';
import { bool, bytes, decode, encode, named, tuple, uint } from '../codec/index.ts';
import type { ConversationId, EventId } from '../identity/index.ts';
import { MINUTE_MS, type Place, type ShownEvent } from '../log/index.ts';
import type { Store } from '../ports/index.ts';
import type { Timer } from './content.ts';
import { afterPrefix, placeFromKey, placeKey } from './keys.ts';
import type { PairView } from './pair-projection.ts';
import { beganAt } from './self-projection.ts';

/** Not yet running: nobody has read it, or nobody has it. */
export const HELD = 2 ** 48 - 1;
const WAITING = Uint8Array.of(0);
const HIDDEN = Uint8Array.of(1);

const timerRow = named('timer-row', tuple({ due: uint(HELD), event: bytes(32), hidden: bool }));
const rowKey = (conversation: ConversationId, place: Place): Uint8Array => concat(conversation, placeKey(place));
const dueKey = (due: number, hidden: boolean, row: Uint8Array): Uint8Array =>
  concat(hidden ? HIDDEN : WAITING, uint48(due), row);

const readRow = (store: Store, key: Uint8Array): { due: number; event: EventId; hidden: boolean } | undefined => {
  const raw = store.get('timer', key);
  const row = raw === undefined ? undefined : decode(timerRow, raw);
  return row === undefined ? undefined : { ...row, event: row.event as EventId };
};
const putRow = (store: Store, key: Uint8Array, due: number, event: EventId, hidden: boolean): void => {
  const before = readRow(store, key);
  if (before !== undefined) store.delete('due', dueKey(before.due, before.hidden, key));
  store.put('timer', key, encode(timerRow, { due, event, hidden }));
  store.put('due', dueKey(due, hidden, key), new Uint8Array(0));
};

/** An own event that nobody has yet: time takes nothing that would be lost. */
const isOnItsWay = (view: PairView, event: ShownEvent): boolean =>
  equalBytes(event.member, view.me) && view.isWaiting?.(event.place) === true;
/** Header times are rounded down; a sender whose clock runs ahead gains nothing. */
const sentAt = (event: ShownEvent): number => event.time + MINUTE_MS;
/** When it came here, or was written here. */
const cameAt = (view: PairView, event: ShownEvent): number => {
  const at = event.receivedAt === 0 ? sentAt(event) : event.receivedAt;
  return view.rightTime?.(at) ?? at;
};
/** Milliseconds; HELD while it does not run yet. */
const dueByTimer = (view: PairView, event: ShownEvent, timer: Timer, isRead: boolean): number => {
  const life = timer.seconds * 1000;
  const own = equalBytes(event.member, view.me);
  if (timer.from === 'reading' && isOnItsWay(view, event)) return HELD;
  const came = cameAt(view, event);
  if (own || timer.from === 'sending') return (event.receivedAt === 0 ? came : Math.min(sentAt(event), came)) + life;
  const began = beganAt(view.store, view.conversation, event.place) ?? (isRead ? came : undefined);
  return began === undefined ? HELD : began + life;
};
const dueByLifespan = (view: PairView, event: ShownEvent): number => {
  const lifespan = view.lifespan?.();
  if (lifespan !== undefined && isOnItsWay(view, event)) return HELD;
  return lifespan === undefined ? Number.POSITIVE_INFINITY : cameAt(view, event) + lifespan;
};

/** Notes when this line goes, anew if it was noted before. */
export const schedule = (view: PairView, event: ShownEvent, timer: Timer | null, isRead: boolean): void => {
  const byTimer = timer === null ? Number.POSITIVE_INFINITY : dueByTimer(view, event, timer, isRead);
  const due = Math.min(byTimer, dueByLifespan(view, event));
  if (due === Number.POSITIVE_INFINITY) unschedule(view.store, view.conversation, event.place);
  else putRow(view.store, rowKey(view.conversation, event.place), Math.min(due, HELD), event.event, false);
};
export const unschedule = (store: Store, conversation: ConversationId, place: Place): void => {
  const key = rowKey(conversation, place);
  const row = readRow(store, key);
  if (row === undefined) return;
  store.delete('timer', key);
  store.delete('due', dueKey(row.due, row.hidden, key));
};
/** Everything noted of one conversation, before it is projected again. */
export const unscheduleAll = (store: Store, conversation: ConversationId): void => {
  for (const { key } of store.scan('timer', { from: conversation, to: afterPrefix(conversation) }))
    unschedule(store, conversation, placeFromKey(key, 16));
};

/** When the line at this place goes, as far as that is known. */
export const goesAt = (store: Store, conversation: ConversationId, place: Place): number | null => {
  const due = readRow(store, rowKey(conversation, place))?.due ?? HELD;
  return due === HELD ? null : due;
};
/** Its time is over by our clock; it is destroyed once shared time says so as well. */
export const isHidden = (store: Store, conversation: ConversationId, place: Place): boolean =>
  readRow(store, rowKey(conversation, place))?.hidden === true;
export const setHidden = (store: Store, conversation: ConversationId, place: Place, hidden: boolean): void => {
  const key = rowKey(conversation, place);
  const row = readRow(store, key);
  if (row !== undefined) putRow(store, key, row.due, row.event, hidden);
};

export interface Due {
  readonly conversation: ConversationId;
  readonly place: Place;
  readonly due: number;
  readonly event: EventId;
}
const duesOf = (store: Store, from: Uint8Array, to: Uint8Array, limit?: number): readonly Due[] =>
  store.scan('due', limit === undefined ? { from, to } : { from, to, limit }).flatMap(({ key }) => {
    const row = readRow(store, key.slice(7));
    const conversation = key.slice(7, 23) as ConversationId;
    if (row === undefined) return [];
    return [{ conversation, place: placeFromKey(key, 23), due: readUint48(key, 1), event: row.event }];
  });
/** Earliest first: those due at `now`, of the shown or of the hidden ones. */
export const dueAt = (store: Store, hidden: boolean, now: number, limit?: number): readonly Due[] => {
  const state = hidden ? HIDDEN : WAITING;
  return duesOf(store, state, concat(state, uint48(Math.min(Math.max(0, now) + 1, HELD))), limit);
};
/** Hidden ones whose time is not over by this clock: it ran ahead before. */
export const hiddenAfter = (store: Store, now: number): readonly Due[] =>
  duesOf(store, concat(HIDDEN, uint48(Math.min(Math.max(0, now) + 1, HELD))), Uint8Array.of(2));
/** Of one conversation: those that do not run yet. */
export const heldOf = (store: Store, conversation: ConversationId): readonly Due[] => {
  const prefix = concat(WAITING, uint48(HELD), conversation);
  return duesOf(store, prefix, afterPrefix(prefix));
};
export const nextDue = (store: Store): number => {
  const [first] = store.scan('due', { from: WAITING, to: HIDDEN, limit: 1 });
  const due = first === undefined ? HELD : readUint48(first.key, 1);
  return due === HELD ? Number.POSITIVE_INFINITY : due;
};
