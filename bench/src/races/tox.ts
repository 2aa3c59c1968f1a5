// libtoxcore: no servers, clients find each other. They run in processes of our own program (tox-clients.c), compiled for the race.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker, Yard } from '../yard.ts';
import type { ClientProcess } from './client.ts';
import { missingProgram } from './debian.ts';
import type { Peer } from './peer.ts';

const COMPILER = '/usr/bin/cc';
const HEADER = '/usr/include/tox/tox.h';
const SOURCE = fileURLToPath(new URL('tox-clients.c', import.meta.url));

const programIn = (yard: Yard): string => join(yard.folder, 'tox-clients');
const compile = (yard: Yard): void => {
  const { status, stderr } = spawnSync(COMPILER, ['-std=gnu11', '-O2', '-o', programIn(yard), SOURCE, '-ltoxcore'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tox-clients.c does not compile: ${stderr}`);
};

type Words = Readonly<Record<string, unknown>>;
/** What is text, a number or a list of texts, as `key=value`. */
const lineOf = (input: Words | undefined): string =>
  Object.entries(input ?? {})
    .filter(([, value]) => ['string', 'number'].includes(typeof value) || Array.isArray(value))
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join('');
const valueOf = (word: string): string | number => (/^-?[\d.]+$/.test(word) ? Number(word) : word);
/** `key=value…`; that of `value` alone stands for itself. */
const read = (words: string): unknown => {
  const pairs = [...words.matchAll(/(\w+)=(\S+)/g)].map(([, key = '', word = '']) => [key, valueOf(word)] as const);
  const all = Object.fromEntries(pairs);
  return 'value' in all ? all['value'] : all;
};

const clients = (yard: Yard): Worker<ClientProcess> => {
  const states = join(yard.folder, 'tox-states');
  mkdirSync(states, { recursive: true });
  const { pid, say, onLine, onEnd } = yard.talker(programIn(yard), [states]);
  const open = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  let next = 1;
  onLine((line) => {
    const [, number = '', words = ''] = /^(\d+) ok ?(.*)$/.exec(line) ?? [];
    open.get(Number(number))?.resolve(read(words) as never);
    open.delete(Number(number));
  });
  onEnd((why) => {
    for (const { reject } of open.values()) reject(new Error(`tox-clients ended: ${why}`));
  });
  return {
    pid,
    ask: (name, input) =>
      new Promise((resolve, reject) => {
        const number = next++;
        open.set(number, { resolve, reject });
        say(`${number} ${name}${lineOf(input as Words | undefined)}\n`);
      }),
  };
};

export const libtoxcore: Peer = {
  name: 'libtoxcore',
  encrypts: 'end to end',
  keeps: 'nothing',
  orders: 'within a connection',
  durability: null,
  works: ['W1', 'W3'],
  packages: ['libtoxcore-dev', 'gcc', 'libc6-dev'],
  missing: () =>
    missingProgram(COMPILER, 'gcc') ??
    (existsSync(HEADER) ? null : 'libtoxcore-dev of Debian is not installed (--install brings it)'),
  talk: {
    client: 'tox-clients.c',
    mustMeet: true,
    clients,
    async start(yard) {
      compile(yard);
      return { spot: {}, pids: [] };
    },
  },
};
