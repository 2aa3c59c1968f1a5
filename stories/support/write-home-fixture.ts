// Writes the fixture of today's database: one person's home after a small conversation. A released form stays for ever;
// run this only when the form changes, into a folder of the new version:
//   node stories/support/write-home-fixture.ts stories/fixtures/home-2
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openNodeKith } from '@kith/platform-node';
import { startRelay } from '../../apps/relay/src/index.ts';

const target = process.argv[2];
if (target === undefined) throw new Error('name the folder to write');
const scratch = mkdtempSync(join(tmpdir(), 'kith-fixture-'));
const relay = await startRelay({ port: 0, host: '127.0.0.1', data: join(scratch, 'relay') });
const alice = await openNodeKith({ home: join(scratch, 'alice'), relays: [relay.url] });
const bob = await openNodeKith({ home: join(scratch, 'bob'), relays: [relay.url] });

await alice.call('profile.set', { name: 'Alice' });
const { link } = await alice.call('invite.create', { label: 'from the gym' });
const { conversation } = await bob.call('invite.accept', { link, name: 'Bob' });
const texts = async (): Promise<number> =>
  (await alice.call('log', { conversation })).filter(({ kind }) => kind === 'text').length;
await bob.call('send', { conversation, text: 'Are you there?' });
while ((await texts()) < 1) await setTimeout(50);
const first = await alice.call('send', { conversation, text: 'I am heer.' });
await alice.call('edit', { conversation, event: first.event, text: 'I am here.' });
await alice.call('contact.rename', { conversation, name: 'Bobby' });
await alice.call('contact.mark', { conversation, validity: 'validated' });
await alice.call('set', { key: 'theme', value: 'dark' });
await alice.call('draft.set', { conversation, text: 'half a thought' });
await alice.call('invite.create', { reusable: true, label: 'club' });
while ((await alice.call('status', {})).pending > 0) await setTimeout(50);
const lines = await alice.call('log', { conversation });

await alice.close();
await bob.close();
await relay.close();
rmSync(target, { recursive: true, force: true });
// The lock and the log of the database belong to a running client.
const keep = readdirSync(join(scratch, 'alice')).filter((name) => !/\.(sock|lock|db-wal|db-shm)$/.test(name));
for (const name of keep) cpSync(join(scratch, 'alice', name), join(target, 'home', name), { recursive: true });
writeFileSync(join(target, 'expected.json'), `${JSON.stringify({ conversation, lines }, null, 2)}\n`);
rmSync(scratch, { recursive: true, force: true });
