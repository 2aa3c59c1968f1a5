import { KithError, type Kith, type RelayStatus } from '@kith/core/client';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { plainLine } from '../print/plain.ts';
import type { Action } from '../table/spec.ts';

interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Null when nothing has to be done. */
  readonly next: string | null;
}
const good = (check: string, detail: string): Check => ({ check, ok: true, detail, next: null });
const bad = (check: string, detail: string, next: string): Check => ({ check, ok: false, detail, next });

const LEAST_NODE = [22, 18] as const;
const LEAST_FREE_BYTES = 100 * 2 ** 20;
/** The log purges and publishes only while two clocks agree this well. */
const MOST_CLOCK_DIFFERENCE_MS = 10 * 60_000;
const CLOCK_PATIENCE_MS = 4_000;

const checkNode = (): Check => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return enough
    ? good('node', `Node ${process.versions.node}`)
    : bad('node', `Node ${process.versions.node} is too old.`, `Use Node ${LEAST_NODE.join('.')} or newer.`);
};

const checkHome = async (home: string): Promise<Check> => {
  try {
    const { mode } = await stat(home);
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((mode & 0o077) !== 0)
      return bad('home', `Others on this computer may look into ${home}.`, `chmod 700 '${home}'`);
    return good('home', home);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return bad('home', `${home} cannot be used (${code}).`, 'Name another home with --home DIR.');
  }
};

const checkDisk = async (home: string): Promise<Check> => {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const text = `${Math.floor(free / 2 ** 20)} MiB free`;
  return free >= LEAST_FREE_BYTES ? good('disk', text) : bad('disk', text, 'Make room on this disk.');
};

const checkRelays = (relays: readonly RelayStatus[]): readonly Check[] =>
  relays.length === 0
    ? [bad('relay', 'This home knows no relay.', 'Add one: kith relay add URL, or accept an invitation.')]
    : relays.map(({ url, reachable, latencyMs }) =>
        reachable
          ? good('relay', `${url} answers${latencyMs === null ? '' : ` in ${Math.round(latencyMs)} ms`}.`)
          : bad('relay', `${url} does not answer.`, 'Check the connection, or add another relay: kith relay add URL'),
      );

/** Against the Date header of any answer, which says seconds; undefined when the relay sends none in time. */
const clockDifference = async (url: string): Promise<number | undefined> => {
  try {
    const { headers } = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(CLOCK_PATIENCE_MS) });
    const at = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(at) ? undefined : Date.now() - at;
  } catch {
    // Not reachable: the check of the relay says so.
    return undefined;
  }
};

const checkClock = async (relays: readonly RelayStatus[]): Promise<readonly Check[]> => {
  const relay = relays.find(({ reachable }) => reachable);
  const difference = relay === undefined ? undefined : await clockDifference(relay.url);
  if (difference === undefined) return [];
  const text = `This clock and the relay's differ by ${Math.round(Math.abs(difference) / 1000)} s.`;
  return [
    Math.abs(difference) <= MOST_CLOCK_DIFFERENCE_MS
      ? good('clock', text)
      : bad('clock', text, 'Set the clock of this computer.'),
  ];
};

const checkEngine = async (
  open: () => Promise<Kith>,
): Promise<{ readonly checks: readonly Check[]; readonly kith?: Kith }> => {
  try {
    const kith = await open();
    const { version } = await kith.call('status', {});
    return { checks: [good('database', `opens; engine ${version}`)], kith };
  } catch (error) {
    if (!(error instanceof KithError)) throw error;
    const check = error.code === 'home-busy' ? 'lock' : 'database';
    return { checks: [bad(check, error.message, error.hint)] };
  }
};

export const doctor: Action = async ({ print, home, kith: open }) => {
  let owns: boolean | undefined;
  const engine = await checkEngine(() => open(undefined, (owner) => (owns = owner)));
  const relays = engine.kith === undefined ? undefined : await engine.kith.call('relay.list', {});
  const checks: readonly Check[] = [
    checkNode(),
    await checkHome(home),
    await checkDisk(home),
    ...(owns === undefined
      ? []
      : [good('lock', owns ? 'nobody else uses this home' : 'a running Kith holds this home and answers')]),
    ...engine.checks,
    ...(relays === undefined ? [] : [...checkRelays(relays), ...(await checkClock(relays))]),
  ];
  for (const { check, ok, detail, next } of checks) {
    print.record(
      { check, ok, detail, next },
      `${ok ? 'ok ' : 'NO '} ${check}: ${plainLine(detail)}${next === null ? '' : ` Next: ${plainLine(next)}`}`,
    );
  }
  return checks.every(({ ok }) => ok) ? 0 : 1;
};
