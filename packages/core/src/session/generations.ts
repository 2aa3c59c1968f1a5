// Which generations a session holds: a new one is added at the end, an old one goes when nothing can come in it any
// more.
import { equalBytes } from '../bytes/index.ts';
import { wipeGeneration, wipeSend } from './generation.ts';
import { sendingGeneration } from './seal-slot.ts';
import { blockWrite, MAX_GENERATIONS, stateWrite } from './session-rows.ts';
import type { Generation, Session, SessionStep, SessionWrite } from './types.ts';

/**
 * Cells of an older generation may still lie in a relay for about this long after the peer was heard in a newer one.
 */
const LATE_MS = 48 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
/** Messages answered in one generation before it is renewed. */
const RENEW_ANSWERED = 50;
/** So long the peer may take to use what it was given. */
const ON_ITS_WAY_MS = 10 * 60_000;

export const emptySession = (): Session => ({ generations: [], skipped: new Map(), seen: [], seenCount: 0 });

/** Makes it the newest; the session takes it over. The same generation again changes nothing. */
export const addGeneration = (session: Session, generation: Generation, now: number): SessionStep => {
  if (session.generations.some(({ id }) => equalBytes(id, generation.id))) {
    wipeGeneration(generation);
    return { session, writes: [] };
  }
  const older = generation.seenPeer
    ? session.generations.map((old) => (old.send === null ? old : wipeSend(old)))
    : session.generations;
  const dropped = dropOldGenerations({ ...session, generations: [...older, generation] }, now);
  return { session: dropped.session, writes: [stateWrite(dropped.session), ...dropped.writes] };
};

/** Drops generations in which nothing can come any more, by a shorter time when the person wants keys to go sooner. */
export const dropLateGenerations = (session: Session, now: number, lateMs: number): SessionStep => {
  const step = dropOldGenerations(session, now, Math.min(lateMs, LATE_MS));
  return step.session === session ? step : { ...step, writes: [stateWrite(step.session), ...step.writes] };
};

/** The writes delete the skipped keys of what was dropped; the session's own row is the caller's to write. */
export const dropOldGenerations = (session: Session, now: number, lateMs: number = LATE_MS): SessionStep => {
  const gone = new Set(expired(session.generations, now, lateMs));
  if (session.generations.length - gone.size > MAX_GENERATIONS) gone.add(surplus(session.generations));
  if (gone.size === 0) return { session, writes: [] };
  for (const generation of gone) wipeGeneration(generation);
  const generations = session.generations.filter((generation) => !gone.has(generation));
  const skipped = new Map(session.skipped);
  const writes: SessionWrite[] = [];
  for (const [id, block] of session.skipped) {
    if (generations.some((kept) => equalBytes(kept.id, block.generation))) continue;
    for (const { key } of block.keys) key.wipe();
    skipped.delete(id);
    writes.push(blockWrite({ ...block, keys: [] }));
  }
  return { session: { ...session, generations, skipped }, writes };
};

const expired = (generations: readonly Generation[], now: number, lateMs: number): readonly Generation[] => {
  const newest = generations.findLastIndex(({ openedAt }) => openedAt !== null && now - openedAt > lateMs);
  return generations.slice(0, Math.max(0, newest));
};

/** Not the newest (the peer may be about to use it), nor the one that is sent in. */
const surplus = (generations: readonly Generation[]): Generation => {
  const sending = generations.findLast(({ seenPeer }) => seenPeer);
  return generations.slice(0, -1).find((generation) => generation !== sending) as Generation;
};

/**
 * Is the generation that is sent in old or used enough for a new hello: a day, or 50 answered messages? The device with the
 * larger key waits half as long again, so that the two hellos seldom cross. A newer one in which the peer was not heard yet
 * puts it off for a moment only: it may never be, when it was made by a hello that came again.
 */
export const renewalDue = (session: Session, ownKeyIsSmaller: boolean, now: number): boolean => {
  const used = sendingGeneration(session);
  const newest = session.generations.at(-1);
  if (used === undefined || newest === undefined) return false;
  if (newest !== used && Math.abs(now - newest.madeAt) < ON_ITS_WAY_MS) return false;
  const patience = ownKeyIsSmaller ? 1 : 1.5;
  const answered = Math.min(used.send?.counter ?? 0, used.opened);
  return answered >= RENEW_ANSWERED * patience || (answered > 0 && now - used.madeAt >= DAY_MS * patience);
};

export const wipeSession = (session: Session): void => {
  for (const generation of session.generations) wipeGeneration(generation);
  for (const block of session.skipped.values()) for (const { key } of block.keys) key.wipe();
};
