// Two people and a relay, each a process whose clock is set while it runs (libfaketime): days and years off, back and forth, at
// double rate. As when somebody sets a clock, only the date changes: waits go on at their pace.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pair, Stage, type Home } from '../../apps/cli/test/support/processes.ts';
import { fakeTimeLibrary } from './fake-time.ts';
import { Client, compare, killNow, moments, startRelay, textsOf } from './kill.ts';

export interface ClockReport {
  readonly steps: number;
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly undelivered: number;
  /** Texts that carry a date over 12 hours off: the clocks were wrong indeed. */
  readonly misdated: number;
  /** Texts stand in the same order at both. */
  readonly sameOrder: boolean;
  /** Texts of which nobody can prove any more who wrote them: their keys were published. */
  readonly published: number;
  /** From a change of clocks until what was written then was at the other side, in milliseconds. */
  readonly arrived: readonly { readonly clocks: string; readonly ms: number }[];
}

const RIGHT = '+0';
const AHEAD = '+365d';
const CLOCKS = [RIGHT, '-1d', '+1d', '-365d', AHEAD, '+0 x2', '-3h'] as const;
/** Never behind; what was ahead jumps back. */
const NOT_BEHIND = [RIGHT, '+3h', '+1d', AHEAD, '+0 x2'] as const;
const WHO = ['Alice', 'Bob', 'relay'] as const;
const LIMIT_MS = 120_000;

/** A process under it reads its clock's setting from a file, every time it looks. */
class SettableClock {
  readonly #file: string;
  setting: string = RIGHT;
  constructor(folder: string, name: string) {
    this.#file = join(folder, `clock of ${name}`);
    this.set(RIGHT);
  }
  set(setting: string): void {
    this.setting = setting;
    writeFileSync(`${this.#file}.new`, `${setting}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
  get under(): readonly string[] {
    return [
      'env',
      `LD_PRELOAD=${fakeTimeLibrary()}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#file}`,
      'FAKETIME_NO_CACHE=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
  }
}

interface Line {
  readonly kind: string;
  readonly mine: boolean;
  readonly state: string;
  readonly sentAt: string;
}
const countUnproven = async (stage: Stage, home: Home, conversation: string): Promise<number> => {
  const file = join(stage.folder, 'transcript');
  await home.do(['forge', conversation, file, '--genuine']);
  const { lines } = await home.do(['judge', file]);
  return lines.filter(({ text, proven }) => text !== null && proven !== true).length;
};

/**
 * Steps drawn from the seed: each sets the clock of one or all anew, sometimes of one whose process is started anew at that, and
 * both write. Only one of the three is ever a year ahead, so that no two agree on a wrong future. `behind`: clocks may be behind as
 * well, and lines have no lifespan then; without, nothing that is there is due by a right clock.
 */
export const wrongClocks = async (
  seed: number,
  steps: number,
  behind: boolean,
  tell: (at: ClockReport['arrived'][number]) => void = () => undefined,
): Promise<ClockReport> => {
  const stage = new Stage();
  const random = moments(seed);
  const clocks = WHO.map((name) => new SettableClock(stage.folder, name));
  const [ofAlice, ofBob, ofRelay] = clocks as [SettableClock, SettableClock, SettableClock];
  let relay = await startRelay(stage, 0, [], ofRelay.under);
  const clients: Client[] = [];
  try {
    const { alice, bob, conversation } = await pair(stage, `http://localhost:${relay.port}`);
    const homes = [alice, bob] as const;
    const under = [ofAlice.under, ofBob.under] as const;
    for (const i of [0, 1] as const) {
      // What is kept a month, and what is published after a week, is due by a clock that is a year ahead.
      if (!behind) await homes[i].do(['set', 'lifespan', '30d']);
      clients.push(new Client(stage, homes[i], under[i]));
    }
    const acknowledged: string[] = [];
    const send = async (i: 0 | 1, text: string): Promise<void> => {
      if ((await (clients[i] as Client).ask('send', { conversation, text })) !== undefined) acknowledged.push(text);
    };
    const texts = (): Promise<readonly (readonly unknown[])[]> =>
      Promise.all(clients.map((client) => textsOf(client, conversation)));
    const arrived: { clocks: string; ms: number }[] = [];
    for (let step = 0; step < steps; step++) {
      const turned = random(4) === 0 ? WHO.map((_, i) => i) : [random(WHO.length)];
      for (const i of turned) {
        const possible = (behind ? CLOCKS : NOT_BEHIND).filter((clock) => clock !== AHEAD || i === seed % WHO.length);
        (clocks[i] as SettableClock).set(possible[random(possible.length)] as string);
      }
      const restarted = random(6);
      if (restarted === 2) {
        await killNow(relay.child);
        relay = await startRelay(stage, relay.port, [], ofRelay.under);
      } else if (restarted < 2) {
        await killNow((clients[restarted] as Client).child);
        clients[restarted] = new Client(stage, homes[restarted as 0 | 1], under[restarted as 0 | 1]);
      }
      const since = performance.now();
      const now = [0, 1].flatMap((i) => [`${i} writes first at step ${step}`, `${i} writes at step ${step}`]);
      for (const [n, text] of now.entries()) await send((n >> 1) as 0 | 1, text);
      const areThere = async (): Promise<boolean> =>
        (await texts()).every((there) => now.every((text) => there.includes(text)));
      // A clock far ahead takes what it believes to be over from view: then what is there is looked at when it is right again.
      while (!clocks.some(({ setting }, i) => i < 2 && setting === AHEAD) && !(await areThere())) {
        if (performance.now() - since > LIMIT_MS) break;
        await setTimeout(100);
      }
      const names = WHO.map((name, i) => `${name} ${clocks[i]?.setting ?? ''}`).join(', ');
      const at = { clocks: names, ms: Math.round(performance.now() - since) };
      arrived.push(at);
      tell(at);
    }
    for (const clock of clocks) clock.set(RIGHT);
    const own = async (): Promise<readonly { readonly state: string; readonly sentAt: string }[]> => {
      const lines = await Promise.all(clients.map((client) => client.ask('log', { conversation, limit: 500 })));
      return (lines as readonly (readonly Line[])[]).flat().filter(({ kind, mine }) => kind === 'text' && mine);
    };
    for (const end = performance.now() + LIMIT_MS; ;) {
      const there = await texts();
      const { lost, twice } = compare(steps, acknowledged, there, []);
      const sameOrder = JSON.stringify(there[0]) === JSON.stringify(there[1]);
      const mine = await own();
      const open = mine.filter(({ state }) => state !== 'delivered').length;
      if ((lost.length > 0 || open > 0 || !sameOrder) && performance.now() < end) {
        await setTimeout(250);
        continue;
      }
      for (const { child } of clients) await killNow(child);
      const published = await countUnproven(stage, alice, conversation);
      return {
        steps,
        acknowledged: acknowledged.length,
        lost,
        twice,
        undelivered: open,
        misdated: mine.filter(({ sentAt }) => Math.abs(Date.now() - Date.parse(sentAt)) > 12 * 3_600_000).length,
        sameOrder,
        published,
        arrived,
      };
    }
  } finally {
    for (const { child } of [...clients, relay]) await killNow(child);
    await stage.close();
  }
};
