// What has to hold in every world once its faults are over. Each answers with what it found wrong, in words. Long because all that
// is asked of a world stands in one list, with what each leaves out and why.
import { equalBytes } from '@kith/core/bytes';
import type { LogLine } from '@kith/core/client';
import { PAIR_TABLES, SELF_TABLES } from '@kith/core/conversation';
import { StoreError, TABLES, type Row } from '@kith/core/ports';
import type { MemoryStore } from '../memory-store.ts';
import { SIM_START } from '../sim-clock.ts';
import type { SimDevice } from '../sim-device.ts';
import { THIEF_EVIL, type MemberEvil } from './evil-members.ts';
import { allSteps } from './plan.ts';
import { notAttributable, notTooEarly, sameFromAnyOrder } from './oracles-log.ts';
import type { Life, PairState } from './run.ts';

export interface Finding {
  readonly oracle: string;
  readonly words: string;
}
type Oracle = (life: Life) => readonly string[];

const device = (life: Life, who: number): SimDevice => life.world.devices[who] as SimDevice;
/** All devices that have to show the pair: those of both people that are in and not lost. */
const sides = (life: Life, pair: PairState): readonly number[] =>
  life.world.plan.devices.flatMap((person, who) =>
    (person === pair.inviter || person === pair.acceptor) && life.states[who] === 'in' ? [who] : [],
  );
const person = (life: Life, who: number): number => life.world.plan.devices[who] as number;
const PAGE = 500;
export const wholeLog = (life: Life, who: number, conversation: string): readonly LogLine[] => {
  const lines: LogLine[] = [];
  for (let before: string | undefined; ; before = lines[0]?.event) {
    const page = device(life, who).call(
      'log',
      before === undefined ? { conversation, limit: PAGE } : { conversation, limit: PAGE, before },
    );
    lines.unshift(...page);
    if (page.length < PAGE) return lines;
  }
};
/** Of all devices of a pair; read once. */
const logs = (life: Life, pair: PairState): readonly (readonly LogLine[])[] => {
  const known = cache.get(pair);
  if (known !== undefined) return known;
  const { conversation } = pair;
  // Who was let in may not have the conversation yet: then it has nothing of it.
  const read = sides(life, pair).map((who) =>
    pair.met &&
    conversation !== undefined &&
    device(life, who).ask('log', { conversation, limit: 1 }).value !== undefined
      ? wholeLog(life, who, conversation)
      : [],
  );
  cache.set(pair, read);
  return read;
};
const cache = new WeakMap<PairState, readonly (readonly LogLine[])[]>();

/** What is written of these tables while nothing happens, or shows in no line. */
const UNSEEN: ReadonlySet<string> = new Set(['meta', 'fetched', 'session', 'hello', 'aside', 'arrival']);
const SEEN = TABLES.filter((table) => !UNSEEN.has(table));
/** The lines that a device shows while it waits: read again when something was written on its disk. */
interface Shown {
  readonly disk: MemoryStore;
  readonly writes: number;
  readonly at: number;
  readonly lines: readonly LogLine[];
}
const shownBefore = new WeakMap<PairState, Map<number, Shown>>();
const shownNow = (life: Life, pair: PairState, conversation: string, who: number): Shown | undefined => {
  const disk = life.world.disks[who] as MemoryStore;
  const known = shownBefore.get(pair) ?? new Map<number, Shown>();
  shownBefore.set(pair, known);
  const before = known.get(who);
  const writes = (): number => SEEN.reduce((sum, table) => sum + disk.writes(table), 0);
  if (before?.disk === disk && before.writes === writes()) return before;
  // A device that does not know the conversation yet refuses.
  const first = device(life, who).ask('log', { conversation, limit: PAGE });
  if (first.value === undefined) return undefined;
  const lines = first.value.length < PAGE ? first.value : wholeLog(life, who, conversation);
  const shown = { disk, writes: writes(), at: life.world.clock.now(), lines };
  known.set(who, shown);
  return shown;
};
export const nothingWaits = (life: Life): boolean =>
  life.world.devices.every((one, who) => life.states[who] !== 'in' || one.ask('status', {}).value?.pending === 0);
/** All show the same lines: then it is time to look closer. */
export const showTheSame = (life: Life): boolean =>
  life.pairs.every((pair) => {
    cache.delete(pair);
    noteBeside(life, pair);
    const { conversation } = pair;
    if (conversation === undefined) return false;
    const whole: Shown[] = [];
    let mine: readonly LogLine[] | undefined;
    const isSame = sides(life, pair).every((who) => {
      const shown = shownNow(life, pair, conversation, who);
      if (shown === undefined) return false;
      whole.push(shown);
      const theirs = shown.lines.filter((line) => !isApart(pair, line));
      mine ??= theirs;
      return mine.length === theirs.length && mine.every(({ event }, i) => theirs[i]?.event === event);
    });
    // Oracles look at what is shown now.
    const now = life.world.clock.now();
    if (isSame && whole.every(({ at }) => at === now))
      cache.set(
        pair,
        whole.map(({ lines }) => lines),
      );
    return isSame;
  });

/** Rows of packets that are not whole begin with it. */
const PARTS = 'r';
const ID_BYTES = 16;
/**
 * All hold the same of what counts: what a person does to lines, and what own devices tell each other, is on its way no more. What
 * stands nowhere in the order (a liar's event without a good seal) nobody hands on, and waiting would not spread it.
 */
export const isEven = (life: Life): boolean => isWhole(life) && holdTheSame(life, () => true);
/**
 * Everyone's own devices hold the same of what only they share. What a relay took and threw away is posted again on the next
 * day, and nobody is shown meanwhile that it waits.
 */
export const areOwnEven = (life: Life): boolean =>
  holdTheSame(life, (name) => !life.pairs.some(({ conversation }) => conversation === name));
/** Half a packet waits for the rest of it. */
const isWhole = ({ world, states }: Life): boolean =>
  states.every(
    (state, who) =>
      state !== 'in' || !(world.disks[who] as MemoryStore).names('packet').some((name) => name.startsWith(PARTS)),
  );
const holdTheSame = (life: Life, isMeant: (conversation: string) => boolean): boolean => {
  const held = new Map<string, string>();
  return life.world.devices.every((_, who) => {
    if (life.states[who] !== 'in') return true;
    const disk = life.world.disks[who] as MemoryStore;
    const of = new Map<string, string[]>();
    for (const table of ['order', 'entry'] as const)
      for (const name of disk.names(table)) {
        const conversation = name.slice(0, ID_BYTES);
        const names = of.get(conversation);
        if (names === undefined) of.set(conversation, [name]);
        else names.push(name);
      }
    return Array.from(of).every(([conversation, names]) => {
      if (!isMeant(Buffer.from(conversation, 'latin1').toString('hex'))) return true;
      const all = names.join();
      if (!held.has(conversation)) held.set(conversation, all);
      return held.get(conversation) === all;
    });
  });
};

const hiddenBy = (life: Life, pair: PairState, who: number, event: string): boolean =>
  pair.hidden.size > 0 && pair.hidden.has(`${person(life, who)} ${event}`);

/**
 * Somebody deleted it. Of a published segment with no content left a log keeps a stub, so even the line may be gone. Asked of
 * each line several times: most of these are empty.
 */
const isGone = ({ retracted, unsure, timed, beside, hidden, inviter, acceptor }: PairState, event: string): boolean =>
  (retracted.size > 0 && retracted.has(event)) ||
  (unsure.size > 0 && unsure.has(event)) ||
  (timed.size > 0 && timed.has(event)) ||
  (beside.size > 0 && beside.has(event)) ||
  (hidden.size > 0 && [inviter, acceptor].some((one) => hidden.has(`${one} ${event}`)));

/**
 * Where a copy of a device wrote within a segment, two events stand at one place, and whoever knew of one of them deleted both (spec
 * 10, "Places").
 */
const noteBeside = (life: Life, pair: PairState): void => {
  if (pair.exact || pair.conversation === undefined) return;
  const from = Buffer.from(pair.conversation, 'hex');
  const standing = new Map<string, Set<string>>();
  for (const who of sides(life, pair))
    for (const { key, value } of (life.world.disks[who] as MemoryStore).scan('event', { from })) {
      if (!from.equals(key.subarray(0, ID_BYTES))) break;
      const at = hex(value);
      const there = standing.get(at) ?? new Set();
      standing.set(at, there.add(hex(key.subarray(ID_BYTES, 2 * ID_BYTES))));
    }
  for (const events of standing.values())
    if (events.size > 1 && [...events].some((event) => isGone(pair, event)))
      for (const event of events) pair.beside.add(event);
};

/** What need not be the same for all: also lines that were seen before a removal made them void; they stay, marked. */
const isApart = (pair: PairState, { event, mark }: LogLine): boolean => mark === 'removed' || isGone(pair, event);

const acknowledged: Oracle = (life) =>
  life.pairs.flatMap((pair) => {
    const wrong: string[] = [];
    const both = logs(life, pair).map((lines) => new Map(lines.map((line) => [line.event, line])));
    for (const { event, by, text, held } of pair.promised) {
      if (!held) continue;
      life.tally.count('oracle: acknowledged');
      for (const [i, who] of sides(life, pair).entries()) {
        const line = both[i]?.get(event);
        const name = device(life, who).name;
        if (isGone(pair, event)) continue;
        if (line === undefined) wrong.push(`"${text.slice(0, 40)}" is not at ${name}`);
        else {
          if (pair.exact && line.text !== text)
            wrong.push(`${name} sees "${String(line.text).slice(0, 40)}" for "${text.slice(0, 40)}"`);
          if (person(life, who) !== person(life, by)) life.tally.count('delivered');
        }
      }
    }
    return wrong;
  });

/** Every text begins with the name of the device on which it was written, whatever anybody hands on. */
const ownWords: Oracle = (life) =>
  life.pairs.flatMap((pair) =>
    sides(life, pair).flatMap((who, i) =>
      (logs(life, pair)[i] ?? []).flatMap(({ text, mine }) => {
        const name = text === null ? undefined : /^(.+) \d+: /.exec(text)?.[1];
        if (name === undefined) return [];
        life.tally.count('oracle: own words');
        const by = life.world.devices.findIndex((one) => one.name === name);
        return (person(life, by) === person(life, who)) === mine
          ? []
          : [
              `${device(life, who).name} shows as said by ${mine ? 'its own person' : 'the other one'}: "${String(text)}"`,
            ];
      }),
    ),
  );

/** What a device was told, and where to go on; what it was told twice in words. */
export interface Told {
  readonly events: ReadonlySet<string>;
  readonly twice: readonly string[];
  readonly cursor: string;
}
/** Goes on after what it was told before the world that this one follows on had ended. */
export const tellOf = (life: Life, who: number): Told => {
  const one = device(life, who);
  const before = life.told.get(who);
  const seen = new Set(before?.events);
  const twice = [...(before?.twice ?? [])];
  for (let from = before?.cursor ?? '0'; ;) {
    const { events, cursor } = one.call('events.since', { from });
    for (const { event, text } of events) {
      if (seen.has(event)) twice.push(`${one.name} is told twice of "${text?.slice(0, 40) ?? event}"`);
      seen.add(event);
    }
    if (cursor === from) return { events: seen, twice, cursor };
    from = cursor;
  }
};
const once: Oracle = (life) =>
  life.world.devices.flatMap((one, at) => {
    if (life.states[at] !== 'in') return [];
    const told = tellOf(life, at);
    const wrong = [...told.twice];
    const arrived = told.events;
    life.tally.count('oracle: once', arrived.size);
    for (const pair of life.pairs) {
      if (!sides(life, pair).some((who) => device(life, who) === one)) continue;
      const seen = new Set<string>();
      const lines = logs(life, pair)[sides(life, pair).findIndex((who) => device(life, who) === one)] ?? [];
      for (const { event, text, kind, target, deleted: isDeleted } of lines) {
        // A thief may say one thing twice.
        for (const key of text === null || pair.unsure.has(event) ? [event] : [event, `text ${text}`]) {
          if (seen.has(key)) wrong.push(`${one.name} is shown "${text?.slice(0, 40) ?? event}" twice`);
          seen.add(key);
        }
        // What came without its words and is deleted was never news, nor what came without saying of which line it speaks.
        const isBare = target === null && (kind === 'edit' || kind === 'reaction' || kind === 'delete');
        if (!arrived.has(event) && !isDeleted && !isBare)
          wrong.push(`${one.name} was never told of "${text?.slice(0, 40) ?? event}"`);
      }
    }
    return wrong;
  });

/** What does not depend on who looks. */
const neutral = (pair: PairState, line: LogLine): readonly unknown[] => {
  const { event, author, kind, sentAt, emoji } = line;
  const about = [line.target, line.reply?.event ?? null].map((one) =>
    one === null || isGone(pair, one) || pair.late.has(one) ? null : one,
  );
  const reactions = line.reactions.map((reaction) => `${reaction.emoji} ${reaction.count}`).toSorted();
  return [event, author, kind, sentAt, emoji, ...about, ...reactions];
};
const sameOrder: Oracle = (life) =>
  life.pairs.flatMap((pair) => {
    const all = logs(life, pair).map((lines) => lines.filter((line) => !isApart(pair, line)));
    const names = sides(life, pair).map((who) => device(life, who).name);
    return all.slice(1).flatMap((theirs, i) => unlike(life, pair, [all[0] ?? [], theirs], [names[0], names[i + 1]]));
  });
const unlike = (
  life: Life,
  pair: PairState,
  [mine, theirs]: readonly [readonly LogLine[], readonly LogLine[]],
  [a, b]: readonly [string | undefined, string | undefined],
): readonly string[] => {
  const wrong: string[] = [];
  if (mine.length !== theirs.length) wrong.push(`${a} shows ${mine.length} lines, ${b} ${theirs.length}`);
  for (const [i, line] of mine.entries()) {
    life.tally.count('oracle: same order');
    const other = theirs[i];
    if (other === undefined || other.event !== line.event) {
      wrong.push(`line ${i} is ${line.event} for ${a} and ${other?.event} for ${b}`);
      break;
    }
    if (pair.blurred.has(line.event)) continue;
    const [ours, others] = [neutral(pair, line), neutral(pair, other)];
    if (ours.length !== others.length || ours.some((field, at) => field !== others[at]))
      wrong.push(`${a}: ${JSON.stringify(ours)}, ${b}: ${JSON.stringify(others)}`);
    if (line.text !== other.text)
      wrong.push(`${a}: "${String(line.text).slice(0, 40)}", ${b}: "${String(other.text).slice(0, 40)}"`);
  }
  return wrong;
};

const deleted: Oracle = (life) =>
  life.pairs.flatMap((pair) => {
    const wrong: string[] = [];
    for (const [i, who] of sides(life, pair).entries()) {
      for (const line of logs(life, pair)[i] ?? []) {
        const gone = hiddenBy(life, pair, who, line.event) || pair.retracted.has(line.event);
        if (!gone) continue;
        life.tally.count('oracle: deleted');
        if (!line.deleted || line.text !== null)
          wrong.push(`${device(life, who).name} sees again what was deleted: ${line.event}`);
      }
      // Not in any row of the disk either, but for those who keep it rightly.
      const disk = life.world.disks[who] as MemoryStore;
      for (const { event, text } of pair.promised) {
        if (
          pair.exact &&
          (hiddenBy(life, pair, who, event) || pair.retracted.has(event)) &&
          !isForged(life) &&
          holds(disk, text.slice(0, 60))
        ) {
          wrong.push(`"${text.slice(0, 40)}" is still on ${device(life, who).name}'s disk`);
        }
      }
    }
    return wrong;
  });
/**
 * Who forges headers, or has a byte of one changed, hands on the same words under other places: they are never shown, and are
 * not what was deleted.
 */
const FORGERS: ReadonlySet<MemberEvil> = new Set(['forge', 'garble', 'mouth', THIEF_EVIL]);
const isForged = (life: Life): boolean =>
  allSteps(life.world.plan).some(({ act }) => act.type === 'member' && act.evil !== null && FORGERS.has(act.evil));
const holds = (disk: MemoryStore, text: string): boolean => {
  const wanted = Buffer.from(text);
  return (['content', 'reaction', 'draft', 'outbox', 'packet', 'message'] as const).some((table) =>
    disk.scan(table).some(({ value }) => Buffer.from(value.buffer, value.byteOffset, value.length).includes(wanted)),
  );
};

/** A relay said that clocks were behind, by no more than has passed: who was off for as long may believe it (spec 10). */
const mayBeLonger = ({ world }: Life): boolean =>
  allSteps(world.plan).some(
    ({ act }) => act.type === 'relay clock' && act.offset > 0 && act.offset <= world.clock.now() - SIM_START,
  );
/**
 * What has a timer is shown until its time and not after it, and no wrong clock of a device and no relay destroys it before.
 * Not asked of clocks that were behind, nor where they wrote: these are known to take away too early (docs/testing.md).
 */
const timed: Oracle = (life) =>
  life.pairs.flatMap((pair) => {
    const { clocks, world } = life;
    const now = world.clock.now();
    const isRight = (who: number): boolean => !clocks.has(who);
    return pair.promised.flatMap(({ event, by, text, held, goesAt }) => {
      const isKept = held && !pair.retracted.has(event) && !pair.unsure.has(event) && !pair.touched.has(event);
      if (goesAt === undefined || !isKept || !isRight(by)) return [];
      return sides(life, pair).flatMap((who, i) => {
        const { name } = device(life, who);
        if (hiddenByAny(pair, event) || (clocks.get(who) ?? []).some(({ offset }) => offset < 0)) return [];
        const line = logs(life, pair)[i]?.find((one) => one.event === event);
        if (now > goesAt + SLACK) {
          if (mayBeLonger(life)) return [];
          life.tally.count('oracle: timers end', isRight(who) ? 1 : 0);
          return isRight(who) && line !== undefined && line.text !== null
            ? [`${name} still shows "${text.slice(0, 40)}", whose time is over`]
            : [];
        }
        // Of what destroys it the other person's devices are asked: with their clocks wrong as well nobody is left to tell.
        const others = world.plan.devices.flatMap((whose, one) => (whose === person(life, who) ? [] : [one]));
        if (now > goesAt - SLACK || !(isRight(who) || others.every(isRight))) return [];
        life.tally.count('oracle: purged');
        if (isRight(who) && line?.text !== text) return [`${name} does not show "${text.slice(0, 40)}" any more`];
        return holds(world.disks[who] as MemoryStore, text.slice(0, 60))
          ? []
          : [`"${text.slice(0, 40)}" was destroyed on ${name} before its time`];
      });
    });
  });
/** Header times are in minutes, and what is due is looked for as often. */
const SLACK = 5 * 60_000;
const hiddenByAny = ({ hidden }: PairState, event: string): boolean =>
  [...hidden.keys()].some((name) => name.endsWith(event));

const words: Oracle = (life) =>
  life.pairs.flatMap((pair) => {
    if (!pair.met) return [];
    life.tally.count('oracle: words');
    const all = sides(life, pair).map((who) =>
      device(life, who)
        .call('contact.words', { conversation: pair.conversation as string })
        .words.join(' '),
    );
    return new Set(all).size === 1 ? [] : [all.join(' and ')];
  });

const delivered: Oracle = (life) =>
  life.pairs.flatMap((pair) =>
    logs(life, pair).flatMap((lines, i) =>
      lines.flatMap((line) => {
        if (!line.mine) return [];
        life.tally.count('oracle: states');
        const late = line.state === 'waiting' || line.state === 'sent';
        return late
          ? [
              `${device(life, sides(life, pair)[i] as number).name}: "${String(line.text).slice(0, 40)}" is ${line.state}`,
            ]
          : [];
      }),
    ),
  );

/** What a device wrote after it was taken out is shown by nobody but who had it before they heard of that, and marked there. */
const removed: Oracle = (life) =>
  life.pairs.flatMap((pair) =>
    logs(life, pair).flatMap((lines, i) => {
      const who = sides(life, pair)[i] as number;
      const { name } = device(life, who);
      life.tally.count('oracle: removed', pair.late.size);
      const before = pair.before.get(who);
      const isHeld = (event: string): boolean =>
        (life.world.disks[who] as MemoryStore).get('event', Buffer.from((pair.conversation ?? '') + event, 'hex')) !==
        undefined;
      life.tally.count('late text handed over', [...pair.late].filter(isHeld).length);
      return lines.flatMap(({ event, text, mark }) => {
        if (!pair.late.has(event)) return [];
        if (before?.has(event) !== false && mark === 'removed') return [];
        return [
          `${name} shows "${String(text).slice(0, 40)}" of a removed device${mark === 'removed' ? '' : ', unmarked'}`,
        ];
      });
    }),
  );
/** Own devices show the same people, by the same names, and list the same devices. */
const ownEqual: Oracle = (life) =>
  life.world.plan.people.flatMap((name, one) => {
    const mine = life.world.plan.devices.flatMap((whose, who) =>
      whose === one && life.states[who] === 'in' ? [who] : [],
    );
    if (mine.length < 2) return [];
    const seen = mine.map((who) => {
      life.tally.count('oracle: own devices');
      const contacts = device(life, who)
        .call('contact.list', {})
        .map(({ conversation, name: called, validity, state, draft }) => [
          conversation,
          called,
          validity,
          state,
          draft,
        ]);
      const devices = device(life, who)
        .call('device.list', {})
        .map((row) => `${row.device} ${row.revoked}`);
      return JSON.stringify([contacts.map(String).toSorted(), devices.toSorted()]);
    });
    return new Set(seen).size === 1 ? [] : [`${name}: ${seen.join(' and ')}`];
  });

/** Nobody lists a device that its person did not let in, or one that was taken out as if it were in. */
const power: Oracle = (life) => {
  const { devices } = life.world.plan;
  const known: readonly (string | undefined)[] = ['in', 'lost', 'stolen'];
  const of = (one: number): number =>
    devices.filter(
      (whose, who) =>
        whose === one && (known.includes(life.states[who]) || (life.states[who] === 'out' && life.asking.has(who))),
    ).length;
  return life.pairs.flatMap((pair) =>
    sides(life, pair).flatMap((who) => {
      if (!pair.met) return [];
      const me = person(life, who);
      const other = me === pair.inviter ? pair.acceptor : pair.inviter;
      const theirs = device(life, who).call('contact.devices', { conversation: pair.conversation as string });
      const mine = device(life, who).call('device.list', {});
      life.tally.count('oracle: power', theirs.length + mine.length);
      const active = [theirs.filter(({ removed }) => !removed).length, mine.filter(({ revoked }) => !revoked).length];
      const most = [of(other), of(me)];
      return active.some((count, i) => count > (most[i] as number))
        ? [`${device(life, who).name} lists ${active.join(' and ')} devices where there are ${most.join(' and ')}`]
        : [];
    }),
  );
};

const failures: Oracle = (life) =>
  life.world.devices.flatMap((one) =>
    one.failures
      .filter((cause) => !(cause instanceof StoreError))
      .map(
        (cause) =>
          `${one.name}: ${cause instanceof Error ? `${cause.message} ${cause.stack?.split('\n').slice(1, 4).join(' ')}` : String(cause)}`,
      ),
  );

const secrets: Oracle = (life) => {
  life.tally.count('oracle: keys and tags', life.world.watch.sealed() + life.world.watch.posted());
  return life.world.watch.repeats.slice(0, 3);
};

/** In small worlds in one of so many: making all tables anew costs as much as a quarter of living through one. */
const REBUILT_IN = 8;
const rebuilt: Oracle = (life) =>
  life.world.devices.flatMap((one, who) => {
    const { plan } = life.world;
    if (life.states[who] !== 'in' || (plan.before !== undefined && plan.seed % REBUILT_IN !== 0)) return [];
    const disk = life.world.disks[who] as MemoryStore;
    const tables = [...SELF_TABLES, ...PAIR_TABLES];
    const read = (): readonly ReadonlyMap<string, Row>[] =>
      tables.map((table) => {
        const rows = disk.scan(table);
        return new Map(disk.names(table).map((name, i) => [name, rows[i] as Row]));
      });
    const before = read();
    one.rebuild();
    const after = read();
    const wrong: string[] = [];
    for (const [i, table] of tables.entries()) {
      const [a, b] = [before[i] as ReadonlyMap<string, Row>, after[i] as ReadonlyMap<string, Row>];
      life.tally.count('oracle: rebuilt', a.size);
      for (const [name, { key, value }] of a) {
        const anew = b.get(name)?.value;
        const isSame = anew !== undefined && equalBytes(anew, value);
        if (!isSame && !(table === 'message' && isRowOfGone(life, hex(key))))
          wrong.push(
            `${one.name}: ${table} ${hex(key)} is ${anew === undefined ? 'absent' : hex(anew)} when made anew, not ${hex(value)}`,
          );
      }
      for (const [name, row] of b) {
        if (a.has(name)) continue;
        const key = hex(row.key);
        if (
          !(table === 'unread' && isRowOfVoid(life, who, key)) &&
          !((table === 'message' || table === 'unread') && isRowOfTimed(life, key))
        )
          wrong.push(`${one.name}: ${table} ${key} comes only when made anew`);
      }
    }
    return wrong.slice(0, 3);
  });
/** Whether a line of a refused device that was seen before is read or not, its mark may not tell any more. */
const isRowOfVoid = (life: Life, who: number, key: string): boolean =>
  life.pairs.some((pair) =>
    logs(life, pair)[sides(life, pair).indexOf(who)]?.some(
      ({ event, mark }) => mark === 'removed' && key.slice(44).startsWith(event),
    ),
  );
/** Made anew it is there until timers are looked at, which is before anything is shown. */
const isRowOfTimed = (life: Life, key: string): boolean =>
  life.pairs.some(({ timed }) => [...timed].some((name) => key.slice(44).startsWith(name)));
/** The row of a line that is gone stays until tables are made anew; nobody is shown it. */
const isRowOfGone = (life: Life, key: string): boolean =>
  life.pairs.some(({ hidden, retracted, unsure, timed }) =>
    [...hidden.keys(), ...retracted.keys(), ...unsure, ...timed].some((name) =>
      key.slice(44).startsWith(name.slice(-32)),
    ),
  );
const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

const ORACLES: Readonly<Record<string, Oracle>> = {
  'nothing acknowledged is lost': acknowledged,
  'nobody says what others said': ownWords,
  'nothing is shown twice': once,
  'equal order': sameOrder,
  'deleted stays deleted': deleted,
  'timers take nothing too early': timed,
  'equal safety words': words,
  'everything is delivered': delivered,
  'no removed author acts': removed,
  'own devices are equal': ownEqual,
  'no power gained': power,
  'the same from any order': sameFromAnyOrder,
  'nothing published is attributable': notAttributable,
  'nothing published too early': notTooEarly,
  'no failures': failures,
  'no key, nonce, tag or bytes twice': secrets,
  'tables are what the logs say': rebuilt,
};

export const askOracles = (life: Life, settled: boolean): readonly Finding[] => {
  const findings: Finding[] = [];
  if (!settled) findings.push({ oracle: 'every wait ends', words: stillOpen(life) });
  for (const [oracle, ask] of Object.entries(ORACLES))
    for (const found of ask(life)) findings.push({ oracle, words: found });
  return findings;
};
/** What has to hold at any time, whatever is still on its way. */
export const askAlways = (life: Life): readonly Finding[] =>
  (['no failures', 'no key, nonce, tag or bytes twice'] as const).flatMap((oracle) =>
    (ORACLES[oracle]?.(life) ?? []).map((words) => ({ oracle, words })),
  );
const stillOpen = (life: Life): string =>
  [
    ...life.pairs
      .filter(({ met }) => !met)
      .map((pair) => `${device(life, pair.inviter).name} and ${device(life, pair.acceptor).name} never met`),
    ...Array.from(life.waits, ({ device: one, method }) => `${one.name}: ${method} did not end`),
    ...life.world.devices.map(
      (one, who) => `${one.name}: ${life.states[who]}, ${one.ask('status', {}).value?.pending ?? '?'} pending`,
    ),
  ].join('; ');
