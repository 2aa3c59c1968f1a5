import { KithError } from '@kith/core/client';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Host } from './host.ts';

/**
 * The runtime replaces bytes that are not UTF-8 before a program can see them; on Linux the original bytes are still
 * there to be asked. A text must arrive as it was typed or not at all.
 */
const argumentsAreUtf8 = (argv: readonly string[]): boolean => {
  if (process.platform !== 'linux' || !argv.some((word) => word.includes('\ufffd'))) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(readFileSync('/proc/self/cmdline'));
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
};

/** Two signals within this time are one wish. */
const SAME_WISH_MS = 1_000;

const untilEnded = (): Host['ended'] =>
  new Promise((resolve) => {
    let askedAt: number | undefined;
    const end = (): void => {
      // Whoever asks again does not want to wait for the home to close. Ctrl+C may arrive twice at once: from the terminal,
      // and from a program in between that hands it on.
      if (askedAt !== undefined && performance.now() - askedAt > SAME_WISH_MS) process.exit(130);
      askedAt ??= performance.now();
      resolve('asked');
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    process.on('SIGHUP', end);
    // A reader that has seen enough (`kith log … | head`): nobody is left to print for.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      resolve('unread');
    });
    // Talk that nobody hears is no reason to end.
    process.stderr.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  });

/** A launcher that could not replace itself by this process waits for it, and is what others know: it must not be outlived. */
const endWithLauncher = (): void => {
  if (process.env['KITH_PARENT_FD'] !== '3') return;
  delete process.env['KITH_PARENT_FD'];
  const pipe = new Socket({ fd: 3 });
  pipe.on('close', () => process.exit(1));
  pipe.on('error', () => undefined);
  pipe.resume();
  pipe.unref();
};

/** Reads one line from the terminal without showing it. Ctrl+C is the wish to end, as anywhere. */
const askUnseen = (question: string): Promise<string> =>
  new Promise((resolve) => {
    const { stdin, stderr } = process;
    stderr.write(question);
    stdin.setRawMode(true);
    stdin.resume();
    let typed = '';
    const take = (piece: Uint8Array): void => {
      for (const char of Buffer.from(piece).toString('utf8')) {
        if (char === '\u0003') process.kill(process.pid, 'SIGINT');
        else if (char === '\u007f' || char === '\b') typed = Array.from(typed).slice(0, -1).join('');
        else if (char === '\r' || char === '\n' || char === '\u0004') {
          stdin.off('data', take);
          stdin.setRawMode(false);
          stdin.pause();
          stderr.write('\n');
          resolve(typed);
          return;
        } else typed += char;
      }
    };
    stdin.on('data', take);
  });

export interface ProcessHost extends Host {
  /** Resolves when all that was printed has left. */
  flushed(): Promise<void>;
}

export const processHost = (): ProcessHost => {
  endWithLauncher();
  const argv = process.argv.slice(2);
  const flush = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise((resolve) => stream.write('', () => resolve()));
  return {
    argv,
    env: process.env,
    folder: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: () => process.stdin,
    ask: process.stdin.isTTY ? askUnseen : null,
    ended: untilEnded(),
    openEngine: async (wish) => (await import('./engine.ts')).openEngine(wish),
    checkArguments: () => {
      if (!argumentsAreUtf8(argv)) {
        throw new KithError('bad-text', {
          message: 'What was typed is not valid UTF-8.',
          hint: 'Check the language settings of this terminal.',
        });
      }
    },
    flushed: async () => void (await Promise.all([flush(process.stdout), flush(process.stderr)])),
  };
};
