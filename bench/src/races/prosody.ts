// prosody, as a server that people talk through, and its archive, as what a fresh client reads all of.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { measured } from '../replica.ts';
import { SEED } from '../people.ts';
import { numbers, textOf } from '../words.ts';
import type { Yard } from '../yard.ts';
import type { ClientProcess } from './client.ts';
import { missingProgram } from './debian.ts';
import type { Peer, Receive } from './peer.ts';
import { clear, FEWER_IDLE, server, TALKED } from './servers.ts';
import { headOf } from './texts.ts';

const PROGRAM = '/usr/bin/prosody';
const DATABASES = '/usr/lib/x86_64-linux-gnu/lua/5.4/dbd/sqlite3.so';
const ARCHIVE = 'archive.sqlite';
const PACKAGES = ['prosody', 'lua-event', 'lua-sec'];

const start = (hasArchive: boolean) =>
  server((folder, port, names) => {
    const accounts = join(folder, 'data/localhost/accounts');
    mkdirSync(accounts, { recursive: true });
    for (const name of names) writeFileSync(join(accounts, `${name}.dat`), 'return { ["password"] = "x"; };\n');
    const file = join(folder, 'prosody.cfg.lua');
    const archive = `storage={ archive="sql" }
sql={ driver="SQLite3"; database="${folder}/${ARCHIVE}" }
default_archive_policy=true
archive_expires_after="never"
max_archive_query_results=1000
`;
    writeFileSync(
      file,
      `data_path="${folder}/data"
pidfile="${folder}/prosody.pid"
run_as_root=true
daemonize=false
log={ warn="${folder}/prosody.log" }
network_backend="epoll"
interfaces={"127.0.0.1"} local_interfaces={"127.0.0.1"}
c2s_ports={${port}} legacy_ssl_ports={} s2s_ports={} http_ports={} https_ports={}
network_settings={ tcp_backlog=8192; read_size=65536 }
modules_enabled={ "saslauth"; "roster"; "disco"; "ping"; "smacks"; "${hasArchive ? 'mam' : 'offline'}" }
modules_disabled={ "s2s"; "limits" }
c2s_require_encryption=false
allow_unencrypted_plain_auth=true
authentication="internal_plain"
${hasArchive ? archive : ''}VirtualHost "localhost"
Component "rooms.localhost" "muc"
  muc_room_default_history_length=0
  muc_room_default_public=true
  restrict_room_creation=false
`,
    );
    return { command: PROGRAM, argv: ['--config', file, '-F'], spot: { archive: join(folder, ARCHIVE) } };
  });

export const prosody: Peer = {
  ...clear,
  name: 'prosody',
  durability: 'process',
  works: TALKED,
  packages: PACKAGES,
  missing: () => missingProgram(PROGRAM, 'prosody'),
  talk: { client: 'xmpp-client.ts', idle: FEWER_IDLE, start: start(false) },
};

const RUN = 1;
const [giver, taker] = ['hub', 's0'];
/** The one message of the taker's archive, as often as it takes, with the texts of the race: to say them all takes minutes. */
const multiply = (archive: string, count: number): void => {
  const database = new DatabaseSync(archive);
  const { value, sort_id: first } =
    database.prepare(`SELECT sort_id, value FROM prosodyarchive WHERE "user" = ?`).get(taker) ?? {};
  if (typeof value !== 'string' || typeof first !== 'number') throw new Error('the archive holds no message');
  const columns = (database.prepare('PRAGMA table_info(prosodyarchive)').all() as { readonly name: string }[])
    .map(({ name }) => name)
    .filter((name) => !['sort_id', 'key', 'value'].includes(name))
    .map((name) => `"${name}"`)
    .join();
  const add = database.prepare(
    `INSERT INTO prosodyarchive (${columns}, key, value) SELECT ${columns}, ?, ? FROM prosodyarchive WHERE sort_id = ?`,
  );
  const next = numbers(SEED);
  database.exec('BEGIN');
  for (let i = 1; i < count; i++) {
    const body = `<body>${headOf(RUN, i)}${textOf(next)}</body>`;
    add.run(`key${i}`, value.replace(/<body>.*<\/body>/s, body), first);
  }
  database.exec('COMMIT');
  database.close();
};

const receive: Receive = async (yard: Yard, count: number) => {
  const { spot, pids } = await start(true)(yard, [giver, taker]);
  const clients = [giver, taker].map((name) => ({ name, at: yard.worker<ClientProcess>('races/client.ts') }));
  const [from, to] = clients;
  if (from === undefined || to === undefined) throw new Error('no clients');
  const client = 'xmpp-client.ts';
  await from.at.ask('open', { client, spot, names: [giver] });
  await from.at.ask('leave', { names: [giver], to: taker, run: RUN, first: 0, each: 1 });
  multiply(spot['archive'] as string, count);
  await to.at.ask('open', { client, spot, names: [taker] });
  return measured([...pids, to.at.pid], async () => {
    const got = await to.at.ask('recall', { name: taker, run: RUN, count });
    return { all: got.ms, first: got.ms, received: 0, count: got.count };
  });
};
export const prosodyArchive: Peer = {
  ...clear,
  name: 'prosody-archive',
  keeps: 'all, on the server only',
  orders: 'as the server took it',
  durability: 'process',
  works: ['W5'],
  packages: [...PACKAGES, 'lua-dbi-sqlite3'],
  missing: () =>
    missingProgram(PROGRAM, 'prosody') ??
    (existsSync(DATABASES) ? null : 'lua-dbi-sqlite3 of Debian is not installed (--install brings it)'),
  receive,
};
