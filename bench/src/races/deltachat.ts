// Delta Chat: the core that its apps are made of, as its makers publish it to npm, over a mail server of this machine. Its licence is that
// of Kith (MPL-2.0); it is a program beside the race and no part of it, and comes only when asked for.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../line.ts';
import { root } from '../yard.ts';
import { missingProgram } from './debian.ts';
import { DOVECOT, POSTFIX, startMail } from './mail.ts';
import type { Peer } from './peer.ts';

const NAME = '@deltachat/stdio-rpc-server-linux-x64';
const VERSION = '2.57.0';
/** Of the package, as in a lock file. */
const CHECKSUM = 'sha512-IUHSXC+z4UYiqHD9oQ0gdo+deE2OywTHrsnNIn6e6jQTmdOrvfznQIddVpcBrW0ZWZAkReMC0O0s5Wy+zhhY1w==';
const FOLDER = join(root, 'node_modules/.cache/races');
const CORE = join(FOLDER, 'node_modules', NAME, 'deltachat-rpc-server');

const isItself = (): boolean => {
  const lock = join(FOLDER, 'package-lock.json');
  if (!existsSync(lock) || !existsSync(CORE)) return false;
  const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
  };
  return packages[`node_modules/${NAME}`]?.integrity === CHECKSUM;
};
const bring = (): void => {
  if (isItself()) return;
  say(`races: installing ${NAME} ${VERSION} of npm`);
  mkdirSync(FOLDER, { recursive: true });
  const { status, stderr } = spawnSync(
    'npm',
    ['install', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', `${NAME}@${VERSION}`],
    { encoding: 'utf8' },
  );
  if (status !== 0) say(`races: it was not installed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  else if (!isItself()) {
    rmSync(FOLDER, { recursive: true });
    say(`races: it has another checksum than ${VERSION} had, and was taken away again`);
  }
};
const missing = (): string | null => {
  if (process.getuid?.() !== 0) return 'postfix starts as root only';
  if (!isItself())
    return `${NAME} ${VERSION} of npm is not installed (--install brings it, on Linux with an x64 processor)`;
  return missingProgram(POSTFIX, 'postfix') ?? missingProgram(DOVECOT, 'dovecot-imapd');
};

export const deltaChat: Peer = {
  name: 'delta-chat',
  encrypts: 'end to end, but for who and when',
  keeps: 'both ends, mail server',
  orders: 'by clocks',
  durability: 'process',
  works: ['W1'],
  packages: ['postfix', 'dovecot-imapd', 'dovecot-lmtpd'],
  bring,
  missing,
  talk: {
    client: 'deltachat-client.ts',
    mustMeet: true,
    slow: 400,
    async start(yard, names) {
      const folder = yard.newFolder('mail');
      mkdirSync(folder);
      // They give up their rights before they read it.
      for (const each of [yard.folder, folder]) chmodSync(each, 0o755);
      const { imap, smtp, servers } = await startMail(yard, folder, names);
      return {
        spot: { core: CORE, accounts: yard.newFolder('accounts'), imap: String(imap), smtp: String(smtp) },
        pids: servers.map(({ pid }) => pid),
      };
    },
  },
};
