// A call of the operating system that fails under a page: Chromium's process that holds the files of the site, with `strace`
// attached to it while somebody writes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startRelay } from '../../apps/relay/src/index.ts';
import { steps } from '../../apps/web/test/support.ts';
import { openNodeKith } from '@kith/platform-node';
import { kill, startBrowser } from './browser-kill.ts';
import { wholeLog } from './engines.ts';
import type { FailedReport } from './failed-calls.ts';
import { shownOn, webRoot } from './screens.ts';

const CALLS = 'pwrite64,fdatasync,fsync,ftruncate';
/** A text takes some dozens of such calls. */
const MOST_TEXTS = 8;

/** The process that has files of this profile's sites open, and their names; a handful, whatever is in them. */
export const holderOf = (profile: string): { readonly pid: string; readonly paths: readonly string[] } => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const paths = new Set<string>();
    let isPage = false;
    try {
      isPage = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
      for (const fd of isPage ? readdirSync(`/proc/${pid}/fd`) : []) {
        const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (path.startsWith(profile) && path.includes('/File System/')) paths.add(path);
      }
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
    if (paths.size > 0) return { pid, paths: [...paths] };
  }
  throw new Error('no page holds files');
};

interface Attached {
  /** The call that failed, when it came to that. */
  failed(): string | undefined;
  detach(): Promise<void>;
}
const attach = async (profile: string, trace: string, number: number): Promise<Attached> => {
  const { pid, paths } = holderOf(profile);
  const error = number % 2 === 0 ? 'EIO' : 'ENOSPC';
  const child = spawn(
    'strace',
    [
      '-fp',
      pid,
      `--output=${trace}`,
      '--signal=none',
      `--trace=${CALLS}`,
      ...paths.map((path) => `--trace-path=${path}`),
      `--inject=${CALLS}:error=${error}:when=${number}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/attached/.test(said)) resolve();
    });
    child.once('exit', () => reject(new Error(`strace ended: ${said}`)));
  });
  return {
    failed: () =>
      readFileSync(trace, 'utf8')
        .split('\n')
        .find((line) => line.includes('(INJECTED)'))
        ?.replace(/^.*?([a-z0-9]+)\(.*= /, '$1 = '),
    detach: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      await exited;
    },
  };
};

/**
 * Texts are typed at a page until the call with each of these numbers fails, once. What the page shows as a message is there after
 * a reload and with the other person, once; what it does not take stays in the field, is told, and is sent with the next press.
 */
export const tabCalls = async (numbers: readonly number[]): Promise<FailedReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-tab-'));
  const profile = join(folder, 'profile');
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: join(folder, 'relay'), webRoot });
  const bob = await openNodeKith({ home: join(folder, 'bob'), relays: [relay.url] });
  const browser = await startBrowser(profile);
  const { page } = browser;
  const wrong: string[] = [];
  let [failed, told] = [0, 0];
  try {
    const { link } = await bob.call('invite.create', {});
    await page.setViewportSize({ width: 1000, height: 4000 });
    await page.goto(link);
    await steps(page).connect();
    const conversation = (await bob.call('invite.list', {}))[0]?.conversation ?? '';
    const expected: string[] = [];
    const shown = async (): Promise<readonly string[]> => (await shownOn(page)).map(({ text }) => text);
    /** Until the field is empty and the text is shown, or the page says what is wrong. */
    const outcome = async (text: string): Promise<'shown' | 'told' | 'neither'> => {
      for (const end = Date.now() + 60_000; Date.now() < end; await setTimeout(25)) {
        const value = await steps(page).composer.inputValue();
        if (value === '' && (await shown()).includes(text)) return 'shown';
        if (value === text && (await page.locator('#composer-note').innerText()) !== '') return 'told';
      }
      return 'neither';
    };
    for (const number of numbers) {
      const strace = await attach(profile, join(folder, 'trace'), number);
      let call: string | undefined;
      for (let i = 0; i < MOST_TEXTS && call === undefined; i++) {
        const text = `text ${number}.${i}`;
        await steps(page).write(text);
        let came = await outcome(text);
        call = strace.failed();
        if (came === 'told') told++;
        // `strace` counts each kind of call by itself: a second kind may fail as well.
        for (let again = 0; came === 'told' && again < 3; again++) {
          await steps(page).composer.press('Enter');
          came = await outcome(text);
        }
        if (came === 'shown') expected.push(text);
        else wrong.push(`call ${number} (${call ?? 'none'}): ${text} was ${came}`);
      }
      await strace.detach();
      if (call !== undefined) failed++;
      if (number % 2 === 0) {
        await page.reload();
        await steps(page).composer.waitFor();
      }
      const isThere = async (): Promise<boolean> =>
        JSON.stringify((await shown()).slice(-5)) === JSON.stringify(expected.slice(-5));
      for (const end = Date.now() + 60_000; !(await isThere()) && Date.now() < end;) await setTimeout(50);
      if (!(await isThere()))
        wrong.push(`call ${number} (${call ?? 'none'}): shows ${JSON.stringify((await shown()).slice(-5))}`);
    }
    const there = async (): Promise<readonly (string | null)[]> =>
      (await wholeLog(bob, conversation)).flatMap(({ kind, text }) => (kind === 'text' ? [text] : []));
    for (const end = Date.now() + 60_000; Date.now() < end && (await there()).length < expected.length;)
      await bob.call('sync', {});
    if (JSON.stringify(await there()) !== JSON.stringify(expected))
      wrong.push(`the other person has ${(await there()).length} of ${expected.length}, or others`);
    return { failed, told, wrong };
  } finally {
    await kill(browser);
    await bob.close();
    await relay.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};
