import type { Kith } from '@kith/core/client';
import { chmod, mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Door } from '../jsonrpc/door.ts';
import { LineSplitter } from '../jsonrpc/lines.ts';
import { connectSocket, type Remote } from '../jsonrpc/remote.ts';

/** sun_path holds 104 bytes on some systems and 108 on Linux, its final zero included. */
const MOST_PATH_BYTES = 100;

export const socketPath = (home: string): string => join(home, 'kith.sock');

/**
 * A socket always lies in its home, so that every process finds the same one whatever its environment says. A home whose
 * path is too long for a socket's address is reached through a short link that exists only while it is used.
 */
const throughShortPath = async <T>(home: string, use: (path: string) => Promise<T>): Promise<T> => {
  const path = socketPath(home);
  if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return use(path);
  const folder = await mkdtemp(join(tmpdir(), 'kith-'));
  try {
    await symlink(home, join(folder, 'h'));
    return await use(socketPath(join(folder, 'h')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The owner of this home; undefined when nobody serves it. */
export const reachOwner = (home: string): Promise<Remote | undefined> => throughShortPath(home, connectSocket);

export interface Served {
  /** Takes nothing more, waits for what was taken, at most `ms`; then the socket is gone. */
  close(ms: number): Promise<void>;
}

/** Serves the home's engine to other processes of the same user. Only who holds the home may call this. */
export const serveHome = async (home: string, kith: Kith): Promise<Served> => {
  const doors = new Map<Socket, Door>();
  const server = createServer((socket) => {
    const door = new Door(kith, (line) => void (socket.writable && socket.write(line)));
    const lines = new LineSplitter((line) => door.take(line));
    doors.set(socket, door);
    socket.on('data', (chunk: Uint8Array) => lines.push(chunk));
    // 'close' follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      door.listen(false);
      doors.delete(socket);
    });
  });
  // What an owner that was killed left behind; the lock on the home says that no living one uses it.
  await unlink(socketPath(home)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await throughShortPath(home, (path) => listen(server, path));
  await chmod(socketPath(home), 0o600);
  return {
    close: async (ms) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(socketPath(home), { force: true });
      const drained = Promise.all([...doors.values()].map((door) => door.close()));
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([drained, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
      clearTimeout(timer);
      // `end` sends what is still to be said first; a reader that does not read it is not waited for.
      for (const socket of doors.keys()) socket.destroySoon();
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 200).unref())]);
      for (const socket of doors.keys()) socket.destroy();
    },
  };
};

const listen = (server: ReturnType<typeof createServer>, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    // The file is made with the rights that the mask leaves, before anyone could connect.
    const mask = process.umask(0o177);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(mask);
  });
