// What it takes to add a device to a person with 200 contacts: work of both own devices, and what goes over their wires,
// from following the link until all is quiet. The contacts are one engine with a conversation for each.
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { now } from './figures.ts';
import { say } from './line.ts';
import { startPerson, type Person } from './people.ts';
import { cpuOf } from './yard.ts';

const QUIET_MS = 3000;
const QUIET_SECONDS = 0.06;
const LONGEST_MS = 10 * 60_000;
/** The aims. */
const WORK_SECONDS = 5;
const TRAFFIC_MB = 3;

const active = async (person: Person): Promise<number> =>
  (await person.call('contact.list', {})).filter(({ state, wordsReady }) => state === 'active' && wordsReady).length;
/** Until these do next to nothing for a while. */
const quiet = async (...people: readonly Person[]): Promise<void> => {
  const cpu = (): number => people.reduce((sum, { engine }) => sum + cpuOf(engine.pid), 0);
  let last = cpu();
  for (const end = now() + LONGEST_MS; now() < end;) {
    await wait(QUIET_MS);
    const used = cpu();
    if (used - last < QUIET_SECONDS) return;
    last = used;
  }
  throw new Error('it does not become quiet');
};
const reach = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const end = now() + LONGEST_MS; now() < end; await wait(200)) if (await isSo()) return;
  throw new Error(`in vain: ${what}`);
};

export const bench: Bench = async ({ yard, isQuick, print }) => {
  const contacts = isQuick ? 5 : 200;
  const flags = ['--loopback-factor', '1000'];
  const relay = await yard.relay('process', flags);
  const [alice, blair] = await Promise.all([startPerson(yard, 'alice', relay), startPerson(yard, 'blair', relay)]);
  for (let i = 0; i < contacts; i++) {
    const { link } = await blair.call('invite.create', { label: `Person ${i}` });
    const { conversation } = await alice.call('invite.accept', { link });
    await alice.call('contact.rename', { conversation, name: `Person ${i}` });
  }
  await reach('all are met', async () => (await active(alice)) === contacts && (await active(blair)) === contacts);
  for (const { conversation } of await alice.call('contact.list', {}))
    await alice.call('send', { conversation, text: 'Hello! Shall we meet on Thursday?' });
  await quiet(alice, blair);
  // The same relay without what it took so far: prefixes have no bits yet, so everybody reads all that an hour brought.
  await yard.stop(relay);
  await yard.relay('process', [...flags, '--port', new URL(relay.url).port]);
  const phone = await startPerson(yard, 'phone', relay);
  await reach('all are online again', async () => {
    const states = await Promise.all([alice, blair, phone].map((person) => person.call('status', {})));
    return states.every(({ connection }) => connection === 'online');
  });
  await quiet(alice, blair, phone);

  const own = [alice, phone];
  const wires = () => Promise.all(own.map(({ engine }) => engine.ask('wire', undefined as never)));
  const cpuBefore = own.map(({ engine }) => cpuOf(engine.pid));
  const wiresBefore = await wires();
  const { link } = await alice.call('device.link', { history: 'all' });
  const start = now();
  await phone.call('device.join', { link, name: 'phone' });
  await reach('all contacts are on the new device', async () => (await active(phone)) === contacts);
  const listed = now() - start;
  await reach('the new device writes to all', async () => {
    const lines = await Promise.all(
      (await phone.call('contact.list', {})).map(({ conversation }) => phone.call('log', { conversation, limit: 1 })),
    );
    return lines.every((page) => page.length === 1);
  });
  const filled = now() - start;
  await quiet(alice, phone, blair);
  const cpu = own.map(({ engine }, i) => cpuOf(engine.pid) - (cpuBefore[i] ?? 0));
  const traffic = (await wires()).map(
    ({ received, sent }, i) => (received + sent - (wiresBefore[i]?.received ?? 0) - (wiresBefore[i]?.sent ?? 0)) / 1e6,
  );
  say(`devices: all contacts after ${Math.round(listed)} ms, each with its lines after ${Math.round(filled)} ms`);
  say(
    `devices: old device ${cpu[0]?.toFixed(2)} s, ${traffic[0]?.toFixed(2)} MB; new ${cpu[1]?.toFixed(2)} s, ${traffic[1]?.toFixed(2)} MB`,
  );
  const line = { peer: 'budget', better: 'lower', durability: 'process' } as const;
  const sum = (parts: readonly number[]): number => parts.reduce((total, part) => total + part, 0);
  print({
    ...line,
    metric: `add-device-${contacts}-contacts-cpu`,
    value: sum(cpu),
    unit: 's',
    peerValue: WORK_SECONDS,
  });
  for (const [i, name] of ['old', 'new'].entries()) {
    const value = traffic[i] ?? 0;
    print({
      ...line,
      metric: `add-device-${contacts}-contacts-${name}-traffic`,
      value,
      unit: 'MB',
      peerValue: TRAFFIC_MB,
    });
  }
  print({
    ...line,
    metric: `add-device-${contacts}-contacts-listed`,
    value: listed,
    unit: 'ms',
    peer: 'none',
    peerValue: null,
  });
};
