// Lives through one world: does what the plan says, remembers what was promised, lets the faults end, and asks the
// oracles. Long because each act of a plan is done, and remembered for the oracles, in one place.
import type { KithError, LogLine, Method, Methods } from '@kith/core/client';
import { openEntry } from '@kith/core/identity';
import type { MemoryStore } from '../memory-store.ts';
import { THIEF_EVIL } from './evil-members.ts';
import type { Asked, SimDevice } from '../sim-device.ts';
import {
  areOwnEven,
  askAlways,
  askOracles,
  isEven,
  nothingWaits,
  showTheSame,
  wholeLog,
  tellOf,
  type Finding,
  type Told,
} from './oracles.ts';
import { allSteps, CALM_WEATHER, planWorld, type Act, type WorldPlan } from './plan.ts';
import { planLight } from './light.ts';
import { Tally } from './tally.ts';
import {
  keptOf,
  makeWorld,
  NULL_CRYPTO,
  type CryptoParts,
  type SimWorld,
  type WorldKept,
  type Wraps,
} from './world.ts';

/** A text that `send` returned for. */
export interface Promised {
  readonly event: string;
  readonly by: number;
  text: string;
  /** False once no device holds it any more: its author's disk was replaced by an older copy before it left. */
  held: boolean;
  /** An older copy of its author's disk went on without it: of what is said on either side of that a removal accepts one. */
  isBeside?: boolean;
  /** Of a text with a timer: when it goes. */
  readonly goesAt?: number;
}
export interface PairState {
  readonly inviter: number;
  readonly acceptor: number;
  readonly invite: number;
  conversation: string | undefined;
  accepting: Asked<Methods['invite.accept']['result']> | undefined;
  met: boolean;
  readonly promised: Promised[];
  /** Events that people deleted for themselves: `person event`, and on which device. */
  readonly hidden: Map<string, number>;
  /** Events whose authors asked all to delete them, and on which device. */
  readonly retracted: Map<string, number>;
  /** Events of which nobody can say whether they are still there: what happened to them is lost with a device. */
  readonly unsure: Set<string>;
  /** Events with timers. */
  readonly timed: Set<string>;
  /** Which devices edited or marked an event; and events of which nobody can say whether that still counts. */
  readonly touched: Map<string, Set<number>>;
  readonly blurred: Set<string>;
  /** What devices wrote after they were taken out. */
  readonly late: Set<string>;
  /** Of events that stand at one place by a copy's doing: those of which one was deleted. */
  readonly beside: Set<string>;
  /** Devices taken out by one that did not know yet which of this conversation they are: until it hears of it they write on. */
  readonly unaware: Set<number>;
  /** Of each device that heard of a removal: what it showed of that by then. */
  readonly before: Map<number, ReadonlySet<string>>;
  /** Texts as last edited are known; not so once an old copy took an author back. */
  exact: boolean;
}
interface Copy {
  readonly disk: MemoryStore;
  /** Its person had no other device. */
  readonly alone: boolean;
  readonly hidden: readonly ReadonlyMap<string, number>[];
  readonly retracted: readonly ReadonlyMap<string, number>[];
  /** What it had of late texts when it heard of the removal, by pair; undefined: it had not heard. */
  readonly before: readonly (ReadonlySet<string> | undefined)[];
}
/** Not linked yet; one of its person's; taken out; at the bottom of a river. */
export type DeviceState = 'out' | 'in' | 'removed' | 'lost' | 'stolen';
export interface Life {
  readonly world: SimWorld;
  readonly pairs: readonly PairState[];
  readonly states: DeviceState[];
  readonly tally: Tally;
  /** Devices that answered a link: they may be let in before they know it. */
  readonly asking: Set<number>;
  /** Of each device whose clock was wrong: from when on by how much. */
  readonly clocks: Map<number, { readonly from: number; readonly offset: number }[]>;
  /** What devices were told by the end of the world that this one follows on. */
  readonly told: ReadonlyMap<number, Told>;
  /** Calls that were made and are owed an answer. */
  readonly waits: Set<{ readonly device: SimDevice; readonly method: Method; readonly asked: Asked<unknown> }>;
}
export interface WorldResult {
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly counts: ReadonlyMap<string, number>;
  readonly trace: string;
}
export interface RunOptions {
  readonly wraps?: Wraps;
  readonly crypto?: CryptoParts;
  /** A small world that follows on another (light.ts), not a rich one of its own. */
  readonly light?: boolean;
  /** Messages go over the codec, and rows are copied when they are read. Absent: in one small world in so many. */
  readonly wire?: boolean;
  /** Told what happens, in plain words. */
  readonly tell?: (line: string) => void;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Faults are over and everyone is online: what is still missing after this long never comes. */
const PATIENCE = 4 * 24 * HOUR;
/** Whatever still goes on without anybody waiting for it has come by then. */
const LONG = 30 * MINUTE;
/** What is posted again each day has been. */
const A_DAY = 25 * HOUR;
/** Rows of charter entries begin with when they were seen. */
const SEEN_BYTES = 6;
const EMOJI = ['👍', '❤️', '🎉'];
const ALPHABET = 'abcdefghij klmnop qrstuvwxyz \u00e9\u4e2d\u05d0\ud83d\ude00';

/** A world that others follow on: everything that runs was ended, and nothing is on its way. */
interface Beginning {
  readonly world: WorldKept;
  readonly pairs: readonly PairState[];
  readonly states: readonly DeviceState[];
  readonly asking: ReadonlySet<number>;
  readonly clocks: Life['clocks'];
  readonly told: Life['told'];
  readonly memory: Memory;
  readonly findings: readonly Finding[];
  /** Of its days, and of those before. */
  readonly counts: ReadonlyMap<string, number>;
}
/** What the actor remembers. */
interface Memory {
  /** Of each device: its feed in `self`, which stays the name of it. */
  readonly feeds: ReadonlyMap<number, string>;
  readonly said: number;
}

interface Lived {
  readonly life: Life;
  readonly memory: Memory;
  readonly findings: readonly Finding[];
}
const live = (plan: WorldPlan, options: RunOptions, before: Beginning | undefined): Lived => {
  const tally = new Tally();
  const world = makeWorld(plan, tally, options.wraps, options.crypto, before?.world, options.wire);
  const tell = (line: string): void => options.tell?.(`${stamp(world)}  ${line}`);
  const pairs = plan.pairs.map(({ invite, acceptor }, i): PairState => {
    const {
      conversation,
      met,
      promised,
      hidden,
      retracted,
      unsure,
      timed,
      touched,
      blurred,
      late,
      unaware,
      before: had,
      exact,
    } = before?.pairs[i] ?? {};
    return {
      inviter: plan.invites[invite]?.inviter as number,
      acceptor,
      invite,
      conversation,
      accepting: undefined,
      met: met ?? false,
      promised: (promised ?? []).map((text) => ({ ...text })),
      hidden: new Map(hidden),
      retracted: new Map(retracted),
      unsure: new Set(unsure),
      timed: new Set(timed),
      touched: new Map(Array.from(touched ?? [], ([event, by]) => [event, new Set(by)])),
      blurred: new Set(blurred),
      late: new Set(late),
      beside: new Set<string>(),
      unaware: new Set(unaware),
      before: new Map(had),
      exact: exact ?? true,
    };
  });
  const states =
    before?.states.slice() ?? plan.devices.map((person, who): DeviceState => (person === who ? 'in' : 'out'));
  const life: Life = {
    world,
    pairs,
    states,
    tally,
    clocks: new Map(before?.clocks),
    asking: new Set(before?.asking),
    told: before?.told ?? new Map<number, Told>(),
    waits: new Set(),
  };
  // What a thief signs besides is as good as what it writes.
  world.members.onLie = (event) => {
    for (const pair of pairs) pair.unsure.add(event);
  };
  const actor = new Actor(life, tell, options.wraps ?? {}, before?.memory);
  const began = world.clock.now();
  for (const step of plan.steps) {
    const wait = began + step.at - world.clock.now();
    if (wait > 0) world.clock.advance(wait);
    actor.act(step.act);
  }
  world.clock.advance(Math.max(0, began + plan.endsAt - world.clock.now()));
  if (plan.goesOn !== true) tell('The faults end; everyone is online.');
  const findings = plan.goesOn === true ? askAlways(life) : askOracles(life, actor.heal());
  for (const { oracle, words } of findings) tell(`WRONG (${oracle}): ${words}`);
  for (const pair of pairs) {
    for (const { event, text } of pair.promised) world.trace.text(`${event} ${text}`);
  }
  return { life, memory: actor.memory(), findings };
};
export const runWorld = (plan: WorldPlan, options: RunOptions = {}): WorldResult => {
  const before = plan.before === undefined ? undefined : beginningOf(plan.before, options);
  if (before !== undefined && before.findings.length > 0)
    return { seed: plan.seed, findings: before.findings, counts: new Map(), trace: before.world.trace };
  const { life, findings } = live(plan, options, before);
  for (const [name, by] of before?.counts ?? []) life.tally.count(name, by);
  return { seed: plan.seed, findings, counts: life.tally.take(), trace: life.world.trace.hash() };
};

const beginningOf = (plan: WorldPlan, options: RunOptions): Beginning => {
  // What was told, and what was planted, cannot be told or planted again.
  if (options.wraps !== undefined || options.tell !== undefined) return makeBeginning(plan, options);
  const { name } = (options.crypto ?? NULL_CRYPTO).crypto;
  const known = beginnings.get(plan);
  if (known?.crypto === name) return known.beginning;
  const beginning = makeBeginning(plan, options);
  beginnings.set(plan, { crypto: name, beginning });
  return beginning;
};
/** As long as plans that follow on them are there. */
const beginnings = new WeakMap<WorldPlan, { readonly crypto: string; readonly beginning: Beginning }>();
const makeBeginning = (plan: WorldPlan, options: RunOptions): Beginning => {
  const before = plan.before === undefined ? undefined : beginningOf(plan.before, options);
  const { life, memory, findings } = live(plan, options, before);
  const told = new Map<number, Told>();
  for (const [who, device] of life.world.devices.entries()) {
    device.crash();
    // What the days still owe of failures comes no more: what follows on them begins with good disks.
    (life.world.disks[who] as MemoryStore).failNext('io', 0);
    life.world.power[who]?.arm(Number.POSITIVE_INFINITY, false);
    if (plan.goesOn !== true || life.states[who] !== 'in') continue;
    device.start(false);
    if (device.running) told.set(who, tellOf(life, who));
    device.crash();
  }
  const { pairs, states, asking, clocks, tally } = life;
  for (const [name, by] of before?.counts ?? []) tally.count(name, by);
  return {
    world: keptOf(life.world),
    pairs,
    states,
    asking,
    clocks,
    told,
    memory,
    findings: [...(before?.findings ?? []), ...findings],
    // How they met is no part of the days that are told of.
    counts: plan.goesOn === true ? tally.take() : new Map(),
  };
};
export const runSeed = (seed: number, options: RunOptions = {}): WorldResult => {
  try {
    return runWorld(options.light === true ? planLight(seed) : planWorld(seed), options);
  } catch (cause) {
    // An exception out of the simulated machinery itself is a finding like any other.
    const words =
      cause instanceof Error ? `${cause.message} ${cause.stack?.split('\n')[1]?.trim() ?? ''}` : String(cause);
    return { seed, findings: [{ oracle: 'no exception', words }], counts: new Map(), trace: '' };
  }
};

const stamp = ({ clock }: SimWorld): string => new Date(clock.now()).toISOString().slice(8, 19).replace('T', ' ');

class Actor {
  readonly #life: Life;
  readonly #tell: (line: string) => void;
  readonly #wraps: Wraps;
  readonly #invites = new Map<
    number,
    { asked: Asked<Methods['invite.create']['result']>; link: string | undefined; waiting: boolean }
  >();
  readonly #copies = new Map<number, Copy>();
  /** By device: the link that it follows. */
  readonly #links = new Map<
    number,
    { made: Asked<Methods['device.link']['result']>; joined: Asked<Methods['device.join']['result']> | undefined }
  >();
  readonly #feeds: Map<number, string>;
  #said: number;

  constructor(life: Life, tell: (line: string) => void, wraps: Wraps, before: Memory | undefined) {
    this.#life = life;
    this.#tell = tell;
    this.#wraps = wraps;
    this.#feeds = new Map(before?.feeds);
    this.#said = before?.said ?? 0;
    for (const [who, device] of life.world.devices.entries())
      device.onPowerCut = () => {
        tell(`The power of ${device.name} goes.`);
        this.#dropWaits(who);
        life.tally.count('power cut');
      };
    if (life.world.plan.evil !== 'none') life.tally.count('evil actor');
  }
  memory(): Memory {
    return { feeds: this.#feeds, said: this.#said };
  }
  #device(who: number): SimDevice {
    return this.#life.world.devices[who] as SimDevice;
  }
  #name(who: number): string {
    return this.#device(who).name;
  }
  #person(who: number): number {
    return this.#life.world.plan.devices[who] as number;
  }
  /** Devices of a person that are in. */
  #inOf(...people: readonly number[]): readonly number[] {
    return this.#life.states.flatMap((state, who) =>
      state === 'in' && people.includes(this.#person(who)) ? [who] : [],
    );
  }
  #pairsOf(who: number): readonly PairState[] {
    const person = this.#person(who);
    return this.#life.pairs.filter(({ inviter, acceptor }) => inviter === person || acceptor === person);
  }

  /** Who heard of a removal by now, and what of the removed device's late texts they had. */
  #noteRemovals(): void {
    for (const pair of this.#life.pairs) {
      if (pair.late.size === 0 || pair.conversation === undefined) continue;
      for (const who of this.#inOf(pair.inviter, pair.acceptor)) {
        const device = this.#device(who);
        if (pair.before.has(who) || !device.running) continue;
        const { conversation } = pair;
        const theirs = device.ask('contact.devices', { conversation }).value?.filter(({ removed }) => removed) ?? [];
        const mine = device.ask('device.list', {}).value?.filter(({ revoked }) => revoked) ?? [];
        if (theirs.length + mine.length < this.#removedOf(pair)) continue;
        const shown = device.ask('log', { conversation, limit: 500 }).value ?? [];
        pair.before.set(who, new Set(shown.flatMap(({ event }) => (pair.late.has(event) ? [event] : []))));
      }
    }
  }
  #removedOf({ inviter, acceptor }: PairState): number {
    const isTheirs = (who: number): boolean => [inviter, acceptor].includes(this.#person(who));
    return this.#life.states.filter((state, who) => state === 'removed' && isTheirs(who)).length;
  }

  act(act: Act): void {
    this.#noteRemovals();
    switch (act.type) {
      case 'start':
        this.#start(act.who, act.online);
        return;
      case 'stop':
        if (!this.#device(act.who).running) return;
        this.#tell(`${this.#name(act.who)} stops.`);
        this.#device(act.who).stop();
        this.#dropWaits(act.who);
        this.#life.tally.count('stop');
        return;
      case 'crash':
        if (!this.#device(act.who).running) return;
        this.#tell(`${this.#name(act.who)}'s client is killed.`);
        this.#crash(act.who);
        this.#life.tally.count('crash');
        return;
      case 'connect':
        if (!this.#device(act.who).running) return;
        this.#tell(`${this.#name(act.who)} ${act.on ? 'is back on' : 'falls off'} the network.`);
        this.#device(act.who).connect(act.on);
        if (!act.on) this.#life.tally.count('partition');
        return;
      case 'clock':
        this.#device(act.who).setClock(act.offset);
        this.#noteClock(act.who, act.offset);
        this.#tell(`${this.#name(act.who)}'s clock is ${Math.round(act.offset / 36e5)} h off.`);
        this.#life.tally.count('wrong clock');
        return;
      case 'cut':
        this.#life.world.power[act.who]?.arm(act.writes, act.atEnd);
        return;
      case 'disk':
        if (!this.#device(act.who).running) return;
        this.#tell(`${this.#name(act.who)}'s disk fails (${act.kind}) ${act.count} times.`);
        this.#life.world.disks[act.who]?.failNext(act.kind, act.count);
        this.#life.tally.count('disk failure');
        return;
      case 'copy':
        this.#copy(act.who);
        return;
      case 'restore':
        this.#restore(act.who);
        return;
      case 'link':
        this.#link(act.who, act.host, act.recent);
        return;
      case 'revoke':
        this.#revoke(act.who, act.target, act.refuse);
        return;
      case 'lose':
        if (!this.#isSpared(act.who)) return;
        this.#tell(`${this.#name(act.who)} is lost.`);
        this.#crash(act.who);
        this.#life.states[act.who] = 'lost';
        this.#life.tally.count('lost device');
        for (const pair of this.#pairsOf(act.who))
          this.#forgetWhat(pair, act.who, this.#inOf(pair.inviter, pair.acceptor));
        return;
      case 'steal':
        if (!this.#isSpared(act.who)) return;
        this.#tell(`${this.#name(act.who)} is stolen.`);
        this.#crash(act.who);
        this.#life.states[act.who] = 'stolen';
        this.#life.tally.count('stolen device');
        for (const pair of this.#pairsOf(act.who))
          this.#forgetWhat(pair, act.who, this.#inOf(pair.inviter, pair.acceptor));
        return;
      case 'deafen':
        if (this.#life.states[act.who] === 'removed') this.#life.world.deaf.add(act.who);
        return;
      case 'evil': {
        const relay = this.#life.world.relays[act.relay]?.origin ?? '';
        this.#tell(`Relay ${act.relay + 1} ${act.evil === null ? 'is honest again' : `lies: ${act.evil}`}.`);
        this.#life.world.evil.turn(relay, act.evil ?? undefined);
        return;
      }
      case 'member':
        if (act.evil === THIEF_EVIL && this.#life.states[act.who] !== 'stolen') return;
        this.#tell(
          `${this.#name(act.who)}'s client ${act.evil === null ? 'is an honest one again' : `lies: ${act.evil}`}.`,
        );
        this.#life.world.members.turn(act.who, act.evil ?? undefined);
        return;
      case 'relay clock':
        this.#tell(`Relay ${act.relay + 1}'s clock is ${Math.round(act.offset / 36e5)} h off.`);
        this.#setRelayClock(act.relay, act.offset);
        if (act.offset !== 0) this.#life.tally.count('evil relay: date');
        return;
      case 'weather': {
        const { loss, pushLoss, repeat, delayMax } = act.weather;
        if (loss > 0) this.#life.tally.count('loss');
        if (repeat > 0) this.#life.tally.count('repeats');
        if (delayMax > CALM_WEATHER.delayMax) this.#life.tally.count('reordering');
        this.#tell(
          `The network now loses ${loss} of requests and ${pushLoss} of pushed cells, repeats ${repeat}, takes up to ${delayMax} ms.`,
        );
        this.#life.world.network.weather(act.weather);
        return;
      }
      case 'relay':
        this.#life.tally.count(`relay ${act.act}`);
        this.#tell(`Relay ${act.relay + 1}: ${act.act}.`);
        this.#life.world.relays[act.relay]?.[act.act]();
        return;
      case 'meet':
        this.#meet(act.pair);
        return;
      case 'name':
        if (!this.#device(act.who).running) return;
        this.#ask(act.who, 'profile.set', { name: `${this.#name(act.who)} ${++this.#said}` });
        return;
      default:
        this.#talk(act);
    }
  }

  #noteClock(who: number, offset: number): void {
    const { clocks, world } = this.#life;
    clocks.set(who, [...(clocks.get(who) ?? []), { from: world.clock.now(), offset }]);
  }
  readonly #relayClocks = new Map<number, number>();
  #setRelayClock(relay: number, offset: number): void {
    this.#life.world.relays[relay]?.shift(offset - (this.#relayClocks.get(relay) ?? 0));
    this.#relayClocks.set(relay, offset);
  }
  #start(who: number, online: boolean): void {
    const device = this.#device(who);
    if (device.running || this.#life.states[who] === 'lost') return;
    this.#wraps.start?.(who);
    device.start(online);
    this.#tell(`${device.name} starts${online ? '' : ' for a short command'}${device.running ? '' : ' and fails'}.`);
    this.#life.tally.count('start');
    if (device.running && this.#life.states[who] === 'in' && !this.#feeds.has(who)) this.#noteFeed(who);
    if (this.#life.world.plan.hasty && device.running) this.#ask(who, 'set', { key: 'publication-grace', value: '1d' });
  }
  #crash(who: number): void {
    this.#device(who).crash();
    const left = this.#wraps.lost?.(who);
    if (left !== undefined) this.#life.world.replaceDisk(who, left);
    this.#dropWaits(who);
  }
  /** Whoever asked a client that ended gets no answer. */
  #dropWaits(who: number): void {
    for (const wait of this.#life.waits) if (wait.device === this.#device(who)) this.#life.waits.delete(wait);
    for (const invite of this.#invites.values()) invite.waiting &&= invite.asked.done;
    for (const { made, joined } of this.#links.values()) {
      if (!made.done || joined?.done === false) this.#links.delete(who);
    }
    for (const pair of this.#life.pairs)
      if (pair.accepting?.done === false && pair.acceptor === who) pair.accepting = undefined;
  }
  #ask<M extends Method>(who: number, method: M, params: Methods[M]['params']): Asked<Methods[M]['result']> {
    const device = this.#device(who);
    const asked = device.ask(method, params);
    if (!asked.done && device.running) this.#life.waits.add({ device, method, asked });
    return asked;
  }

  #copy(who: number): void {
    // An older copy from before a pairing would have lost the conversation, which nobody can give back.
    const isIn =
      this.#life.states[who] === 'in' &&
      this.#pairsOf(who).every((pair) => this.#isMet(pair) && this.#isInAt(pair, who));
    if (!isIn) return;
    const disk = this.#life.world.disks[who] as MemoryStore;
    this.#tell(`Someone copies ${this.#name(who)}'s disk.`);
    const { pairs } = this.#life;
    this.#copies.set(who, {
      disk: disk.clone(),
      alone: this.#inOf(this.#person(who)).length < 2,
      hidden: pairs.map(({ hidden }) => new Map(hidden)),
      retracted: pairs.map(({ retracted }) => new Map(retracted)),
      before: pairs.map(({ before }) => before.get(who)),
    });
  }
  #restore(who: number): void {
    const copy = this.#copies.get(who);
    if (copy === undefined) return;
    this.#copies.delete(who);
    // It would not know a device that asks to be let in and may be by now, nor the inbox in which that says so; and nobody else does.
    const isAsked = this.#life.states.some(
      (state, one) => state === 'out' && this.#person(one) === this.#person(who) && this.#life.asking.has(one),
    );
    if (this.#life.states[who] !== 'in' || (copy.alone && isAsked)) return;
    this.#crash(who);
    this.#life.world.replaceDisk(who, copy.disk);
    this.#tell(`${this.#name(who)}'s disk is replaced by the copy.`);
    this.#life.tally.count('restored copy');
    for (const [i, pair] of this.#life.pairs.entries()) {
      if (!this.#pairsOf(who).includes(pair)) continue;
      pair.exact = false;
      // Whether it has heard of a removal is as it was.
      const before = copy.before[i];
      if (before === undefined) pair.before.delete(who);
      else pair.before.set(who, before);
      for (const [name, by] of pair.hidden)
        if (by === who && copy.hidden[i]?.has(name) !== true) this.#doubt(pair.hidden, pair, name);
      for (const [name, by] of pair.retracted)
        if (by === who && copy.retracted[i]?.has(name) !== true) this.#doubt(pair.retracted, pair, name);
      for (const promised of pair.promised) {
        promised.held &&= this.#isHeld(this.#inOf(pair.inviter, pair.acceptor), promised.event);
        if (promised.by === who && !this.#isHeld([who], promised.event)) promised.isBeside = true;
      }
    }
  }
  #doubt(from: Map<string, number>, pair: PairState, name: string): void {
    from.delete(name);
    pair.unsure.add(name.slice(-32));
  }
  #isHeld(devices: readonly number[], event: string): boolean {
    return devices.some((who) =>
      this.#life.world.disks[who]
        ?.scan('arrival')
        .some(({ value }) => Buffer.from(value.subarray(16, 32)).toString('hex') === event),
    );
  }
  /** A device is out of reach: what it alone knew is gone, and `left` are those who may know it. */
  #forgetWhat(pair: PairState, gone: number, left: readonly number[]): void {
    pair.exact = false;
    for (const [event, by] of pair.touched) if (by.has(gone)) pair.blurred.add(event);
    for (const entries of [pair.hidden, pair.retracted])
      for (const [name, by] of entries) if (by === gone) this.#doubt(entries, pair, name);
    let isCut = false;
    for (const promised of pair.promised) {
      if (promised.by !== gone) continue;
      // Of one device nothing counts beyond the first that is missing.
      isCut ||= !this.#isHeld(left, promised.event);
      if (isCut) promised.held = false;
      if (isCut) pair.unsure.add(promised.event);
    }
    // What a lost device said may have been with this one alone, and what one said whose disk an older copy has replaced.
    const { inviter, acceptor, promised } = pair;
    for (const one of promised)
      if (one.held && !this.#isHeld(this.#inOf(inviter, acceptor), one.event)) {
        one.held = false;
        pair.unsure.add(one.event);
      }
  }

  // ---- further devices

  #link(who: number, host: number, recent: boolean): void {
    const { states } = this.#life;
    if (states[who] !== 'out' || states[host] !== 'in' || !this.#device(who).running) return;
    if (this.#isIn(who)) return;
    const link = this.#links.get(who);
    if (link === undefined || (link.made.done && link.made.value === undefined)) {
      if (!this.#device(host).running) return;
      const made = this.#ask(host, 'device.link', { history: recent ? '30d' : 'all' });
      this.#links.set(who, { made, joined: undefined });
      return;
    }
    if (link.made.value === undefined || (link.joined !== undefined && link.joined.error === undefined)) return;
    if (link.joined?.error !== undefined && !['relay-down', 'no-relay'].includes(link.joined.error.code)) {
      this.#tell(`${this.#name(who)} is not let in: ${link.joined.error.code}.`);
      this.#links.delete(who);
      return;
    }
    this.#life.asking.add(who);
    link.joined = this.#ask(who, 'device.join', { link: link.made.value.link, name: this.#name(who) });
    this.#life.tally.count('link followed');
  }
  /** What loss and crashes kept from coming about by the time it was planned for. */
  #linkRest(): void {
    for (const { act } of this.#life.world.plan.steps)
      if (act.type === 'link') this.#link(act.who, act.host, act.recent);
  }
  #isIn(who: number): boolean {
    if (this.#life.states[who] !== 'out') return this.#life.states[who] === 'in';
    const device = this.#device(who);
    if (!device.running || (device.ask('device.list', {}).value?.length ?? 0) < 2) return false;
    this.#life.states[who] = 'in';
    this.#noteFeed(who);
    // A copy from before does not know the device, and where there was no other one nobody can tell it.
    for (const [one, { alone }] of this.#copies)
      if (alone && this.#person(one) === this.#person(who)) this.#copies.delete(one);
    this.#tell(`${this.#name(who)} is one of ${this.#name(this.#person(who))}'s devices.`);
    this.#life.tally.count('linked');
    return true;
  }
  /** Does a device, and some device of the other side, know all devices of both in this conversation? */
  #isInAt(pair: PairState, who: number): boolean {
    const { states } = this.#life;
    const of = [pair.inviter, pair.acceptor];
    const wanted = states.filter(
      (state, i) => state !== 'out' && i !== this.#person(i) && of.includes(this.#person(i)),
    );
    const knows = (one: number): boolean => this.#entriesAt(pair, one, 'addDevice') >= wanted.length;
    const others = this.#inOf(...of.filter((person) => person !== this.#person(who)));
    return knows(who) && others.some(knows);
  }
  /** Another device of its person is in everywhere, so that losing this one costs no conversation. */
  #isSpared(who: number): boolean {
    if (this.#life.states[who] !== 'in') return false;
    const others = this.#inOf(this.#person(who)).filter((one) => one !== who);
    return others.some((one) => this.#pairsOf(who).every((pair) => this.#isMet(pair) && this.#isInAt(pair, one)));
  }
  /** Charter entries of a conversation on a device's disk. */
  #entriesAt({ conversation }: PairState, who: number, type: 'addDevice' | 'remove'): number {
    const { world } = this.#life;
    const id = Buffer.from(conversation ?? '', 'hex');
    return (world.disks[who]?.scan('entry', { from: id }) ?? []).filter(
      ({ key, value }) =>
        Buffer.from(key.subarray(0, 16)).equals(id) &&
        openEntry(world.crypto, value.subarray(SEEN_BYTES))?.act.type === type,
    ).length;
  }
  #revoke(who: number, target: number, refuse: boolean): void {
    const { states, tally } = this.#life;
    const spared =
      states[who] === 'in' &&
      this.#device(who).running &&
      (states[target] === 'stolen' || this.#isSpared(target)) &&
      this.#pairsOf(who).every((pair) => this.#isInAt(pair, who));
    const row = spared
      ? this.#device(who)
          .ask('device.list', {})
          .value?.find(({ device }) => device === this.#feeds.get(target))
      : undefined;
    // Whom it let in since would go with it, and nobody could tell them.
    const known = row === undefined ? [] : (this.#device(who).ask('device.list', {}).value ?? []);
    const isAsking = (one: number): boolean => states[one] === 'out' && this.#life.asking.has(one);
    const mine = [...states.keys()].filter(
      (one) =>
        this.#person(one) === this.#person(who) &&
        one !== who &&
        one !== target &&
        (states[one] === 'in' || isAsking(one)),
    );
    if (row === undefined || !mine.every((one) => known.some(({ device }) => device === this.#feeds.get(one)))) return;
    // What it took out since would be in again.
    if (known.some(({ device, revoked }) => !revoked && states[this.#whoseFeed(device)] === 'removed')) return;
    const before = this.#pairsOf(who).map((pair) => this.#entriesAt(pair, who, 'remove'));
    // Should the power go meanwhile, nobody could say whether it was done.
    this.#life.world.power[who]?.arm(Number.POSITIVE_INFINITY, false);
    const revoked = this.#ask(who, 'device.revoke', {
      device: row.device,
      refuse: refuse && row.refusableUntil !== null,
    });
    if (revoked.value === undefined) return;
    states[target] = 'removed';
    // An older copy of the last one left does not know it, and would be alone with that.
    const left = this.#inOf(this.#person(who));
    if (left.length === 1) for (const one of left) this.#copies.delete(one);
    this.#tell(`${this.#name(who)} takes ${this.#name(target)} out${refuse ? ' with all that it did' : ''}.`);
    tally.count('revoked');
    for (const [i, pair] of this.#pairsOf(who).entries()) {
      this.#forgetWhat(pair, target, refuse && row.refusableUntil !== null ? [] : [who]);
      this.#forgetBeside(pair, who, target);
      if (this.#entriesAt(pair, who, 'remove') === before[i]) pair.unaware.add(target);
    }
  }
  /** -1: of nobody that was in. */
  #whoseFeed(feed: string): number {
    return Array.from(this.#feeds).find(([, known]) => known === feed)?.[0] ?? -1;
  }
  /** A cut stands in one line of a device; what an old copy of it said, or was said before that, is void, whoever has it. */
  #forgetBeside({ promised, conversation, unsure }: PairState, who: number, gone: number): void {
    const said = promised.filter(({ by }) => by === gone);
    if (conversation === undefined || !said.some(({ isBeside }) => isBeside)) return;
    const lines = wholeLog(this.#life, who, conversation);
    const cut = new Set(lines.flatMap(({ event, mark }) => (mark === 'removed' ? [event] : [])));
    for (const one of said) {
      if (!cut.has(one.event)) continue;
      one.held = false;
      unsure.add(one.event);
    }
  }
  #noteFeed(who: number): void {
    const own = this.#device(who)
      .ask('device.list', {})
      .value?.find(({ thisDevice }) => thisDevice);
    if (own !== undefined) this.#feeds.set(who, own.device);
  }

  // ---- pairing

  #isMet(pair: PairState): boolean {
    if (!pair.met && pair.conversation !== undefined) {
      pair.met = [pair.inviter, pair.acceptor].every((who) => {
        // Later devices learn it from the first one.
        const device = this.#device(who);
        if (!device.running) return false;
        const contact = device
          .ask('contact.list', {})
          .value?.find(({ conversation }) => conversation === pair.conversation);
        return contact?.wordsReady === true;
      });
      if (pair.met) this.#tell(`${this.#name(pair.inviter)} and ${this.#name(pair.acceptor)} know each other.`);
    }
    return pair.met;
  }
  #meet(index: number): void {
    const pair = this.#life.pairs[index] as PairState;
    const { inviter, acceptor } = pair;
    const plan = this.#life.world.plan.invites[pair.invite];
    const invite = this.#invites.get(pair.invite);
    if (invite?.link === undefined) {
      if (invite?.asked.value !== undefined) {
        invite.link = invite.asked.value.link;
        this.#tell(`${this.#name(inviter)} made a${plan?.reusable === true ? ' reusable' : 'n'} invitation.`);
      } else if (this.#device(inviter).running && (invite === undefined || invite.asked.done || !invite.waiting)) {
        const asked = this.#ask(inviter, 'invite.create', { reusable: plan?.reusable ?? false, label: 'from the sea' });
        this.#invites.set(pair.invite, { asked, link: undefined, waiting: true });
      }
      return;
    }
    if (pair.conversation === undefined) {
      if (pair.accepting?.value !== undefined) {
        pair.conversation = pair.accepting.value.conversation;
        this.#tell(`${this.#name(acceptor)} accepted it.`);
      } else if (this.#device(acceptor).running && pair.accepting?.done !== false) {
        if (pair.accepting?.error !== undefined)
          this.#tell(`${this.#name(acceptor)} could not accept: ${pair.accepting.error.code}.`);
        pair.accepting = this.#ask(acceptor, 'invite.accept', { link: invite.link, name: this.#name(acceptor) });
      }
      return;
    }
    if (this.#isMet(pair) || plan?.reusable !== true || !this.#device(inviter).running) return;
    for (const { request } of this.#device(inviter).ask('request.list', {}).value ?? []) {
      const answer = this.#ask(inviter, 'request.answer', { request, answer: 'accept' });
      if (answer.value !== undefined) this.#tell(`${this.#name(inviter)} lets someone in.`);
    }
  }

  // ---- talking

  #talk(act: Extract<Act, { readonly pair: number; readonly who: number }>): void {
    const pair = this.#life.pairs[act.pair] as PairState;
    const { who } = act;
    const device = this.#device(who);
    const { conversation } = pair;
    if (!device.running || conversation === undefined || this.#life.states[who] === 'lost') return;
    if (this.#life.states[who] === 'out' && !this.#isIn(who)) return;
    if (!this.#isKnown(who, conversation)) return;
    const { tally } = this.#life;
    // Of what a thief does, and of what a removed device still does, texts are enough to tell.
    if (this.#life.states[who] !== 'in' && act.type !== 'say' && act.type !== 'burst') return;
    switch (act.type) {
      case 'say':
        this.#say(pair, who, conversation, this.#words(who, act.size), undefined);
        return;
      case 'burst': {
        const texts = Array.from({ length: act.count }, () => this.#words(who, act.size));
        const sent: Asked<Methods['send']['result']>[] = [];
        device.together(() => {
          for (const text of texts) sent.push(device.ask('send', { conversation, text }));
        });
        for (const [i, asked] of sent.entries()) this.#noteSent(pair, who, asked, texts[i] as string);
        return;
      }
      case 'timed': {
        const text = this.#words(who, act.size);
        // From reading on it would go at another time on each device.
        if (this.#ask(who, 'set', { key: 'timer-from', value: 'sending' }).error !== undefined) return;
        const sent = this.#ask(who, 'send', { conversation, text, expiresMs: act.lasts });
        if (sent.value !== undefined) pair.timed.add(sent.value.event);
        this.#noteSent(pair, who, sent, text, this.#life.world.clock.now() + act.lasts);
        tally.count('timed text');
        return;
      }
      case 'reply': {
        const line = this.#pick(device, conversation, act.luck, () => true);
        if (line !== undefined) this.#say(pair, who, conversation, this.#words(who, 10), line.event);
        return;
      }
      case 'react': {
        const line = this.#pick(device, conversation, act.luck, () => true);
        const emoji = EMOJI[Math.floor(act.luck * 100) % EMOJI.length] as string;
        if (line === undefined) return;
        this.#touch(pair, who, line.event);
        this.#ask(who, 'react', { conversation, event: line.event, emoji, off: act.off });
        tally.count('reaction');
        return;
      }
      case 'edit': {
        // An edit goes with the text that had a timer, and where that never was it is left alone (docs/testing.md).
        const line = this.#pick(device, conversation, act.luck, ({ mine, event }) => mine && !pair.timed.has(event));
        if (line === undefined) return;
        const text = this.#words(who, 20);
        this.#touch(pair, who, line.event);
        const edited = this.#ask(who, 'edit', { conversation, event: line.event, text });
        const promised = pair.promised.find(({ event }) => event === line.event);
        if (!device.running) pair.exact = false;
        if (edited.value === undefined || promised === undefined || this.#life.states[who] !== 'in') return;
        // Which of two edits on two devices is the last, only the log can tell.
        if (promised.by !== who) pair.exact = false;
        promised.text = text;
        tally.count('edit');
        return;
      }
      case 'hide': {
        const line = this.#pick(device, conversation, act.luck, () => true);
        const deleted = line && this.#ask(who, 'delete', { conversation, event: line.event });
        if (line !== undefined) this.#doubtWhenOff(pair, device, line.event);
        if (line === undefined || deleted?.value === undefined) return;
        if (this.#life.states[who] !== 'in') return;
        pair.hidden.set(`${this.#person(who)} ${line.event}`, who);
        this.#tell(`${device.name} deletes "${shorten(line.text)}" for themselves.`);
        tally.count('delete for me');
        return;
      }
      case 'retract': {
        const line = this.#pick(device, conversation, act.luck, ({ mine }) => mine);
        const deleted = line && this.#ask(who, 'delete', { conversation, event: line.event, forAll: true });
        if (line !== undefined) this.#doubtWhenOff(pair, device, line.event);
        if (line === undefined || deleted?.value === undefined) return;
        if (this.#life.states[who] !== 'in') return;
        pair.retracted.set(line.event, who);
        this.#tell(`${device.name} asks to delete "${shorten(line.text)}".`);
        tally.count('ask to delete');
        return;
      }
      case 'read':
        this.#ask(who, 'read', { conversation });
        return;
      case 'draft':
        this.#ask(who, 'draft.set', { conversation, text: this.#words(who, 5) });
        return;
      case 'block':
        if (!pair.met) return;
        this.#ask(who, act.on ? 'contact.block' : 'contact.unblock', { conversation });
        this.#tell(`${device.name} ${act.on ? 'blocks' : 'unblocks'} the other.`);
        if (act.on) tally.count('block');
    }
  }
  /** The inviter's side of a reusable invitation begins with the request, that of a further device when it hears of it. */
  #isKnown(who: number, conversation: string): boolean {
    const disk = this.#life.world.disks[who] as MemoryStore;
    return disk.get('conversation', Buffer.from(conversation, 'hex')) !== undefined;
  }
  /** The power went while it was asked: nobody can say whether it was done. */
  #doubtWhenOff(pair: PairState, device: SimDevice, event: string): void {
    if (!device.running) pair.unsure.add(event);
  }
  #touch({ touched }: PairState, who: number, event: string): void {
    touched.set(event, (touched.get(event) ?? new Set()).add(who));
  }
  #words(who: number, size: number): string {
    const number = ++this.#said;
    const letters = Array.from(ALPHABET);
    let text = `${this.#name(who)} ${number}: `;
    for (let i = 0; i < size; i++) text += letters[(i * 7 + number) % letters.length] as string;
    return text;
  }
  #say(pair: PairState, who: number, conversation: string, text: string, reply: string | undefined): void {
    const sent = this.#ask(who, 'send', reply === undefined ? { conversation, text } : { conversation, text, reply });
    this.#noteSent(pair, who, sent, text);
  }
  #noteSent(pair: PairState, who: number, sent: Asked<Methods['send']['result']>, text: string, goesAt?: number): void {
    if (sent.value !== undefined && (this.#life.states[who] === 'stolen' || pair.unaware.has(who))) {
      pair.unsure.add(sent.value.event);
      this.#tell(`The thief of ${this.#name(who)} writes "${shorten(text)}".`);
    } else if (sent.value !== undefined && this.#life.states[who] === 'removed') {
      pair.late.add(sent.value.event);
      this.#life.tally.count('late text');
      this.#tell(`${this.#name(who)} still writes "${shorten(text)}".`);
    } else if (sent.value !== undefined) {
      const promised = { event: sent.value.event, by: who, text, held: true };
      pair.promised.push(goesAt === undefined ? promised : { ...promised, goesAt });
      this.#tell(`${this.#name(who)} writes "${shorten(text)}"${goesAt === undefined ? '' : ', with a timer'}.`);
    } else
      this.#tell(`${this.#name(who)} cannot write: ${(sent.error as KithError | undefined)?.code ?? 'no answer'}.`);
  }
  #pick(device: SimDevice, conversation: string, luck: number, fits: (line: LogLine) => boolean): LogLine | undefined {
    const lines =
      device
        .ask('log', { conversation, limit: 12 })
        .value?.filter((line) => line.kind === 'text' && !line.deleted && fits(line)) ?? [];
    return lines[Math.floor(luck * lines.length)];
  }

  // ---- the end

  /** No faults from here on. True when everything that was owed has come. */
  heal(): boolean {
    const { world, pairs, waits } = this.#life;
    world.network.weather(CALM_WEATHER);
    for (const [i, relay] of world.relays.entries()) {
      relay.start();
      world.evil.turn(relay.origin, undefined);
      this.#setRelayClock(i, 0);
    }
    world.deaf.clear();
    for (const who of world.devices.keys()) world.members.turn(who, undefined);
    for (const [who, device] of world.devices.entries()) {
      world.power[who]?.arm(Number.POSITIVE_INFINITY, false);
      if (this.#life.states[who] === 'lost' || this.#life.states[who] === 'stolen') continue;
      // In small worlds whoever is there goes on.
      if (device.online && world.plan.before !== undefined) {
        // A disk that still owes failures is well from now on.
        (world.disks[who] as MemoryStore).failNext('io', 0);
        device.connect(true);
        continue;
      }
      if (device.running) this.#crash(who);
      (world.disks[who] as MemoryStore).failNext('io', 0);
      this.#start(who, true);
    }
    const isBlocked = world.plan.before === undefined || allSteps(world.plan).some(({ act }) => act.type === 'block');
    const began = world.clock.now();
    let wait = 15_000;
    let quietSince: number | undefined;
    while (world.clock.now() - began < PATIENCE) {
      world.clock.advance(wait);
      this.#noteRemovals();
      for (const who of this.#life.states.keys()) this.#isIn(who);
      if (world.plan.linksAll === true) this.#linkRest();
      for (const [i, pair] of pairs.entries()) {
        if (!this.#isMet(pair)) this.#meet(i);
        if (pair.conversation === undefined) continue;
        for (const who of isBlocked ? this.#inOf(pair.inviter, pair.acceptor) : []) {
          const contact = this.#device(who)
            .ask('contact.list', {})
            .value?.find(({ conversation }) => conversation === pair.conversation);
          if (contact?.state === 'blocked') this.#ask(who, 'contact.unblock', { conversation: pair.conversation });
        }
      }
      for (const entry of waits) if (entry.asked.done) waits.delete(entry);
      const met = pairs.every((pair) => this.#isMet(pair));
      const isWhole = world.plan.linksAll !== true || !this.#life.states.includes('out');
      const isCalm = met && isWhole && waits.size === 0 && nothingWaits(this.#life);
      quietSince = isCalm ? (quietSince ?? world.clock.now()) : undefined;
      // After a removal they need not hold the same: then it is enough that nothing has waited for long.
      const isLong = world.clock.now() - (quietSince ?? 0) >= LONG;
      const isPosted = world.clock.now() - began >= A_DAY;
      const isOver = isCalm && (isEven(this.#life) || (isLong && (isPosted || areOwnEven(this.#life))));
      // Asked last: to read all lines costs more than everything else of this.
      if (isOver && showTheSame(this.#life)) {
        this.#life.tally.count('healed in minutes', Math.ceil((world.clock.now() - began) / MINUTE));
        return true;
      }
      if (world.clock.now() - began > MINUTE) wait = Math.min(HOUR, wait * 2);
    }
    return false;
  }
}
const shorten = (text: string | null): string =>
  text === null ? '' : text.length > 40 ? `${text.slice(0, 40)}… (${text.length})` : text;
