import { KithError } from '@kith/core/client';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from './context.ts';

/** Longer than any passphrase; a file of another kind is not read to its end. */
const MOST_BYTES = 4_096;

const decode = (bytes: Uint8Array): string => {
  try {
    // The line end that an editor adds is no part of it.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    // The decoder's only way to say that bytes are not UTF-8.
    throw new KithError('bad-passphrase', { message: 'The passphrase is not valid UTF-8.' });
  }
};
export const passphraseOfFile = async (path: string): Promise<string> => {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new KithError('unknown-file', { message: `${path} cannot be read (${error.code ?? 'unknown'}).` });
  });
  return decode(bytes.subarray(0, MOST_BYTES));
};
const fromStdin = async ({ host }: Pick<Context, 'host'>): Promise<string> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of host.stdin()) {
    parts.push(part);
    length += part.length;
    if (length > MOST_BYTES) break;
  }
  return decode(Buffer.concat(parts).subarray(0, MOST_BYTES));
};

/**
 * From the first of these options that is there, else asked for at the terminal, else read from stdin. Never from the command
 * line, where other programs see it. `twice`: a new one, which nobody may mistype unseen.
 */
export const readPassphrase = async (
  context: Pick<Context, 'host' | 'input'>,
  options: readonly string[],
  question: string,
  twice: boolean,
): Promise<string> => {
  const { host, input } = context;
  const file = options.map((name) => input.option(name)).find((named) => named !== undefined);
  if (file !== undefined) return passphraseOfFile(resolve(host.folder, file));
  if (host.ask === null) return fromStdin(context);
  const typed = await host.ask(`${question}: `);
  if (twice && (await host.ask(`${question}, again: `)) !== typed) {
    throw new KithError('bad-passphrase', { message: 'The two passphrases differ.', hint: 'Try again.' });
  }
  return typed;
};

/** Several, one after the other: each asked for at the terminal, or a line of stdin. */
export interface Asking {
  ask(question: string): Promise<string>;
  /** True at a terminal, where a slip shows only when it is typed twice. */
  readonly twice: boolean;
}

export const startAsking = ({ host }: Pick<Context, 'host'>): Asking => {
  const { ask } = host;
  if (ask !== null) return { ask, twice: true };
  let lines: Promise<string[]> | undefined;
  return {
    twice: false,
    ask: async () => {
      lines ??= fromStdin({ host }).then((text) => text.split(/\r?\n/));
      const line = (await lines).shift();
      if (line === undefined || line === '')
        throw new KithError('bad-option', {
          message: 'No passphrase was given.',
          hint: 'Give it on stdin, or with --passphrase-file FILE.',
        });
      return line;
    },
  };
};
