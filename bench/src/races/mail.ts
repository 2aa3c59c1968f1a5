// A mail server for the race of Delta Chat, as Debian brings it: postfix takes mail in and hands it to dovecot, which keeps it and lets
// people read it. Configured in a folder of the race, at free ports of 127.0.0.1, beside any postfix and dovecot of the machine.
import { freePort } from '@kith/testkit/free-port';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server, Yard } from '../yard.ts';

export const POSTFIX = '/usr/lib/postfix/sbin/master';
export const DOVECOT = '/usr/sbin/dovecot';
const DOMAIN = 'race.test';

const dovecotConf = (folder: string, port: number): string => `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:~/mail
mail_max_userip_connections = 1000
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=dovecot gid=dovecot home=${folder}/homes/%n
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  unix_listener ${folder}/lmtp {
    mode = 0666
  }
}
service auth {
  unix_listener ${folder}/auth {
    mode = 0666
  }
}
`;
const mainCf = (folder: string): string => `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = ${folder}
maillog_file = ${folder}/mail.log
myhostname = ${DOMAIN}
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = ${DOMAIN}
virtual_transport = lmtp:unix:${folder}/lmtp
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${folder}/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = none
in_flow_delay = 0
`;
/** service, type, unprivileged, wakes up, most processes, program: as in Debian's own file, with what mail within this machine needs. */
const masterCf = (port: number): string =>
  [
    ['127.0.0.1:' + String(port), 'inet', '-', '-', 'smtpd'],
    ['cleanup', 'unix', '-', '0', 'cleanup'],
    ['qmgr', 'unix', '300', '1', 'qmgr'],
    ['rewrite', 'unix', '-', '-', 'trivial-rewrite'],
    ['bounce', 'unix', '-', '0', 'bounce'],
    ['defer', 'unix', '-', '0', 'bounce'],
    ['trace', 'unix', '-', '0', 'bounce'],
    ['proxymap', 'unix', '-', '-', 'proxymap'],
    ['error', 'unix', '-', '-', 'error'],
    ['retry', 'unix', '-', '-', 'error'],
    ['lmtp', 'unix', '-', '-', 'lmtp'],
    ['anvil', 'unix', '-', '1', 'anvil'],
    ['postlog', 'unix-dgram', '-', '1', 'postlogd'],
  ]
    .map(([name, type, wakes, most, program]) => {
      const isPrivate = type === 'unix' && name !== 'cleanup' && name !== 'qmgr' ? 'y' : 'n';
      return `${String(name)} ${String(type)} ${isPrivate} - n ${String(wakes)} ${String(most)} ${String(program)}\n`;
    })
    .join('');

const own = (folder: string, owner: string): void => {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('chown', [owner, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a folder for ${owner}: ${stderr}`);
};

export interface Mail {
  readonly imap: number;
  readonly smtp: number;
  readonly servers: readonly Server[];
}
export const startMail = async (yard: Yard, folder: string, names: readonly string[]): Promise<Mail> => {
  const [imap, smtp] = [await freePort(), await freePort()];
  own(join(folder, 'homes'), 'dovecot:dovecot');
  own(join(folder, 'data'), 'postfix');
  mkdirSync(join(folder, 'queue'), { recursive: true });
  mkdirSync(join(folder, 'postfix'), { recursive: true });
  writeFileSync(join(folder, 'users'), names.map((name) => `${name}@${DOMAIN}:{PLAIN}x\n`).join(''));
  writeFileSync(join(folder, 'dovecot.conf'), dovecotConf(folder, imap));
  writeFileSync(join(folder, 'postfix/main.cf'), mainCf(folder));
  writeFileSync(join(folder, 'postfix/master.cf'), masterCf(smtp));
  // Makes the folders of its queue.
  const { status, stderr } = spawnSync('/usr/sbin/postfix', ['-c', join(folder, 'postfix'), 'check'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`postfix: ${stderr} ${readFileSync(join(folder, 'mail.log'), 'utf8')}`);
  return {
    imap,
    smtp,
    servers: [
      await yard.program({
        command: DOVECOT,
        argv: ['-F', '-c', join(folder, 'dovecot.conf')],
        cwd: folder,
        port: imap,
      }),
      await yard.program({
        command: POSTFIX,
        argv: ['-c', join(folder, 'postfix'), '-d'],
        env: { MAIL_CONFIG: join(folder, 'postfix') },
        cwd: folder,
        port: smtp,
      }),
    ],
  };
};
