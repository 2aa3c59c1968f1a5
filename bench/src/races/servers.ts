// Servers that others wrote, as Debian brings them, each with its data in a folder of the race and on a free port of 127.0.0.1.
import { freePort } from '@kith/testkit/free-port';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Yard } from '../yard.ts';
import { missingProgram } from './debian.ts';
import type { Field, Peer, Traits, Work } from './peer.ts';

interface Program {
  readonly command: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What else its clients are told. */
  readonly spot?: Readonly<Record<string, string>>;
}
/** Writes the server's configuration into the folder, and tells how it is started. */
type Configure = (folder: string, port: number, names: readonly string[]) => Program;

export const server =
  (configure: Configure, spot: Readonly<Record<string, string>> = {}) =>
  async (yard: Yard, names: readonly string[]): Promise<Field> => {
    const folder = yard.newFolder('server');
    mkdirSync(folder, { recursive: true });
    // Some give up their rights before they read it.
    for (const each of [yard.folder, folder]) chmodSync(each, 0o755);
    const port = await freePort();
    const { spot: more = {}, ...program } = configure(folder, port, names);
    const { pid } = await yard.program({ ...program, cwd: folder, port });
    return { spot: { port: String(port), ...spot, ...more }, pids: [pid] };
  };

export const clear: Traits = { encrypts: 'nothing', keeps: 'what waits, on the server', orders: 'within a connection' };
export const TALKED: readonly Work[] = ['W1', 'W2', 'W3', 'W4'];
/** Logging in takes so much longer that 10,000 are too many for a run. */
export const FEWER_IDLE = 2000;

const MOSQUITTO = '/usr/sbin/mosquitto';
const mosquitto: Peer = {
  ...clear,
  name: 'mosquitto',
  keeps: 'in memory; on disk every 5 s',
  durability: null,
  works: TALKED,
  packages: ['mosquitto'],
  missing: () => missingProgram(MOSQUITTO, 'mosquitto'),
  talk: {
    client: 'mosquitto-client.ts',
    start: server((folder, port) => {
      const file = join(folder, 'mosquitto.conf');
      writeFileSync(
        file,
        `listener ${port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location ${folder}/
autosave_interval 5
max_queued_messages 0
max_inflight_messages 64
set_tcp_nodelay true
user root
`,
      );
      return { command: MOSQUITTO, argv: ['-c', file] };
    }),
  },
};

const NATS = '/usr/sbin/nats-server';
const nats = (hasStream: boolean): Peer => ({
  ...clear,
  name: hasStream ? 'nats-jetstream' : 'nats',
  keeps: hasStream ? 'a stream on disk' : 'nothing',
  durability: hasStream ? 'process' : null,
  works: hasStream ? ['W1', 'W2', 'W3'] : ['W1', 'W3', 'W4'],
  packages: ['nats-server'],
  missing: () => missingProgram(NATS, 'nats-server'),
  talk: {
    client: 'nats-client.ts',
    start: server(
      (folder, port) => {
        const file = join(folder, 'nats.conf');
        const stream = `jetstream { store_dir: "${folder}/stream", max_mem: 1G, max_file: 8G }\n`;
        writeFileSync(
          file,
          `listen: 127.0.0.1:${port}\nmax_payload: 1MB\nmax_connections: 20000\nmax_pending: 512MB\n${hasStream ? stream : ''}`,
        );
        return { command: NATS, argv: ['-c', file] };
      },
      { jetstream: hasStream ? 'yes' : 'no' },
    ),
  },
});

const EJABBERD = '/usr/sbin/ejabberdctl';
const ejabberd: Peer = {
  ...clear,
  name: 'ejabberd',
  durability: 'process',
  // Its offline store takes more than a run has time for.
  works: ['W1', 'W3', 'W4'],
  packages: ['ejabberd'],
  missing: () => missingProgram(EJABBERD, 'ejabberd'),
  talk: {
    client: 'xmpp-client.ts',
    idle: FEWER_IDLE,
    start: server((folder, port) => {
      const file = join(folder, 'ejabberd.yml');
      // Who logs in without an account loses it with the connection, and its standing in the room: it comes back as a visitor, who
      // may not speak where there is a moderator.
      writeFileSync(
        file,
        `hosts: [localhost]
loglevel: error
log_rotate_count: 0
listen:
  - { port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 1048576, backlog: 8192, starttls_required: false, zlib: false, shaper: none, access: all }
auth_method: anonymous
allow_multiple_connections: true
anonymous_protocol: login_anon
modules:
  mod_offline: { store_empty_body: true }
  mod_ping: {}
  mod_disco: {}
  mod_roster: {}
  mod_muc: { host: rooms.localhost, access: all, access_create: all, min_message_interval: 0, max_users: 500, default_room_options: { anonymous: false, moderated: false } }
`,
      );
      return {
        command: '/usr/bin/erl',
        argv: ['-noinput', '-mnesia', 'dir', `"${folder}/db"`, '+K', 'true', '+P', '250000', '-s', 'ejabberd'],
        env: {
          EJABBERD_CONFIG_PATH: file,
          EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
          HOME: folder,
          ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
          ERL_MAX_PORTS: '32000',
          // Its own table of names stays on this machine.
          ERL_EPMD_ADDRESS: '127.0.0.1',
        },
      };
    }),
  },
};

export const SERVERS: readonly Peer[] = [mosquitto, nats(false), nats(true), ejabberd];
