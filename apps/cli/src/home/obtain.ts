// Who may use a home: one process owns it and serves it to the others. Whoever finds it free owns it for as long as its
// command runs; whoever finds an owner goes through it.
import { KithError, type Kith } from '@kith/core/client';
import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import type { EngineWish, Host } from '../host.ts';
import { SOCKET_VERSION } from '../jsonrpc/door.ts';
import { isObject } from '../jsonrpc/messages.ts';
import { ConnectionLost, type Remote } from '../jsonrpc/remote.ts';
import { reachOwner, serveHome, socketPath } from './socket.ts';

/** A held home that does not answer is given up after this, inside the 10 s that are promised. */
export const PATIENCE_MS = 8_000;
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 60;
/** How long an owner that ends waits for what others asked of it: enough for a send. */
const DRAIN_MS = 2_200;
/** How long the engine may take to end: it hands on what it can for 2 s. */
const CLOSE_MS = 2_500;

export interface Held {
  readonly kith: Kith;
  readonly owner: boolean;
  /** Resolves when a guest's owner has gone; never for an owner. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

export interface Wish extends EngineWish {
  readonly openEngine: Host['openEngine'];
  readonly patienceMs?: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Undefined when the time is up first. */
const within = async <T>(ms: number, work: Promise<T>): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(ms, 0));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const busy = (message?: string): KithError => new KithError('home-busy', message === undefined ? {} : { message });

/**
 * Whoever made the folder, or the socket in it, is told everything that is typed: the passphrase, too. Root may do what it
 * likes in others' folders, and does not talk to what others put into them.
 */
const refuseOthers = async (home: string): Promise<void> => {
  const me = process.geteuid?.();
  if (me === undefined) return;
  const folder = await stat(home);
  if (folder.uid === me && (folder.mode & 0o077) !== 0) await chmod(home, 0o700);
  const socket = await lstat(socketPath(home)).catch(() => undefined);
  const isOthers = (me !== 0 && folder.uid !== me) || (socket !== undefined && socket.uid !== me);
  if (isOthers)
    throw new KithError('disk-failed', {
      message: `${home} belongs to another user of this computer.`,
      hint: 'Name another one with --home DIR.',
    });
};

/** Undefined when nobody owns the home, or who did has just gone. */
const asGuest = async (home: string, leftMs: number): Promise<Held | undefined> => {
  const remote: Remote | undefined = await reachOwner(home);
  if (remote === undefined) return undefined;
  try {
    const hello = await within(leftMs, remote.ask('hello', {}));
    if (hello === undefined) throw busy();
    if (!isObject(hello) || hello['version'] !== SOCKET_VERSION) throw busy('Another version of Kith uses this home.');
    return { kith: remote, owner: false, lost: remote.lost, close: () => remote.close() };
  } catch (error) {
    await remote.close();
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  }
};

/** Undefined when another process holds the home. */
const asOwner = async ({ home, relays, relaysForRun, online, openEngine }: Wish): Promise<Held | undefined> => {
  let kith: Kith;
  try {
    kith = await openEngine({ home, relays, relaysForRun, online });
  } catch (error) {
    if (error instanceof KithError && error.code === 'home-busy') return undefined;
    throw error;
  }
  const served = await serveHome(home, kith).catch(async (error: unknown) => {
    await kith.close();
    throw error;
  });
  return {
    kith,
    owner: true,
    lost: new Promise(() => undefined),
    close: async () => {
      await served.close(DRAIN_MS);
      await within(CLOSE_MS, kith.close());
    },
  };
};

/** Rejects with `home-busy` when the home is held by something that does not answer. */
export const obtainHome = async (wish: Wish): Promise<Held> => {
  await mkdir(wish.home, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new KithError(error.code === 'ENOSPC' ? 'disk-full' : 'disk-failed', {
      message: `The folder ${wish.home} cannot be made (${error.code ?? 'unknown'}).`,
      hint: 'Name another one with --home DIR.',
    });
  });
  await refuseOthers(wish.home);
  const until = performance.now() + (wish.patienceMs ?? PATIENCE_MS);
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.5, LONGEST_PAUSE_MS)) {
    const held = (await asGuest(wish.home, until - performance.now())) ?? (await asOwner(wish));
    if (held !== undefined) return held;
    if (performance.now() + wait > until) throw busy();
    await pause(wait);
  }
};
