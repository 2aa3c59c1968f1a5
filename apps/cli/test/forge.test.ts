// `kith forge` and `kith judge` on two homes whose days go by in a simulated world, with the real primitives.
import type { Kith, Method, Methods } from '@kith/core/client';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { memoryNetwork } from '@kith/testkit/memory-network';
import { createNullAgreement } from '@kith/testkit/null-crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { simClock } from '@kith/testkit/sim-clock';
import { SimDevice } from '@kith/testkit/sim-device';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FakeKith } from './support/fake-kith.ts';
import { freshFolder, runHere } from './support/run-here.ts';

const crypto = await createLibsodium();
const DAY = 86_400_000;
const RELAY = 'https://relay1.test';

/** The door of a simulated device; what is asked of the lock before the engine is answered as by a home without one. */
const UNLOCKED = new FakeKith();
const doorOf = (device: SimDevice): Kith => ({
  call: async <M extends Method>(method: M, params: Methods[M]['params']) =>
    method.startsWith('lock.') ? UNLOCKED.call(method, params) : device.call(method, params),
  onChange: () => () => undefined,
  close: async () => undefined,
});

const twelveDays = (() => {
  let made: { kith: Kith; device: SimDevice; conversation: string; day: string } | undefined;
  return () => {
    if (made !== undefined) return made;
    const clock = simClock();
    const random = seededRandomness(41);
    const network = memoryNetwork(clock, random.fork('network'), crypto);
    network.relay(RELAY);
    const device = (name: string): SimDevice =>
      new SimDevice({
        name,
        clock,
        network,
        crypto,
        randomness: random.fork(name),
        agreement: createNullAgreement(crypto, random.fork(`${name} agreement`)),
        relays: [RELAY],
      });
    const [alice, bob] = [device('alice'), device('bob')];
    alice.start();
    bob.start();
    const { link } = alice.call('invite.create', {});
    const { conversation } = bob.call('invite.accept', { link });
    clock.runUntil(() => alice.call('contact.list', {}).some(({ state }) => state === 'active'), 60_000);
    clock.advance(5_000);
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    for (let i = 0; i < 12; i++) {
      alice.call('send', { conversation, text: `alice on day ${i}` });
      bob.call('send', { conversation, text: `bob on day ${i}` });
      clock.advance(DAY);
    }
    made = { kith: doorOf(alice), device: alice, conversation, day };
    return made;
  };
})();
const judged = async (file: string) => (await runHere(['judge', file, '--json'])).lines;

describe('S1.5 a day told differently', () => {
  test('S1.5 kith forge writes another day, kith judge cannot tell it from the real one, and proves the newest days of both', async () => {
    const { kith, conversation, day } = twelveDays();
    const folder = freshFolder();
    const [real, lie] = [join(folder, 'real.jsonl'), join(folder, 'lie.jsonl')];
    expect((await runHere(['forge', conversation, real, '--genuine', '--json'], { kith })).status).toBe(0);
    const made = await runHere(['forge', conversation, lie, '--day', day, '--text', 'I hate you', '--json'], { kith });
    expect(made.lines).toEqual([{ file: lie, day, changed: 1 }]);
    expect(statSync(lie).mode & 0o077).toBe(0);
    const [truth, told] = [await judged(real), await judged(lie)];
    expect(told.length).toBe(truth.length);
    expect(told.some(({ text }) => text === 'I hate you')).toBe(true);
    expect(truth.some(({ text }) => text === 'I hate you')).toBe(false);
    // Nothing but the words and the names of events differs.
    const without = (lines: typeof truth) =>
      lines.map(({ event: _, text: __, ...rest }) => JSON.stringify(rest)).toSorted();
    expect(without(told)).toEqual(without(truth));
    expect(told.every(({ sealed }) => sealed === true)).toBe(true);
    const texts = truth.filter(({ text }) => text !== null);
    expect(texts.filter(({ proven }) => proven === true).length).toBeGreaterThan(5);
    expect(texts.filter(({ proven }) => proven === false).length).toBeGreaterThan(5);
    expect(told.find(({ text }) => text === 'I hate you')?.['proven']).toBe(false);
    expect(truth.at(-1)?.['proven']).toBe(true);
  });

  test('S1.4 kith forge without a day takes the newest that can be; one that is not published it refuses', async () => {
    const { kith, device, conversation } = twelveDays();
    const folder = freshFolder();
    const made = await runHere(['forge', conversation, join(folder, 'a.jsonl'), '--json'], { kith });
    expect(made.status).toBe(0);
    expect(Number(made.lines[0]?.['changed'])).toBeGreaterThan(0);
    const newest = device.call('log', { conversation }).at(-1)?.sentAt ?? 0;
    const today = new Date(newest).toISOString().slice(0, 10);
    const refused = await runHere(['forge', conversation, join(folder, 'b.jsonl'), '--day', today, '--json'], { kith });
    expect(refused.status).toBe(2);
    expect(refused.lines[0]).toMatchObject({ error: { code: 'bad-option' } });
    const again = await runHere(['forge', conversation, join(folder, 'a.jsonl'), '--json'], { kith });
    expect(again.status).toBe(2);
  });

  test('a transcript with a damaged line, of another version or of nothing at all is refused with the line', async () => {
    const { kith, conversation } = twelveDays();
    const folder = freshFolder();
    const file = join(folder, 'real.jsonl');
    await runHere(['forge', conversation, file, '--genuine'], { kith });
    const lines = readFileSync(file, 'utf8').split('\n');
    const bad = join(folder, 'bad.jsonl');
    for (const [text, says] of [
      ['', 'no transcript'],
      ['{"kith":"transcript","version":2}', 'no transcript'],
      [[lines[0], lines[1], '{"object":"AAAA"}'].join('\n'), 'Line 3'],
      [[lines[0], '{'].join('\n'), 'Line 2'],
      [[lines[0], 'x'.repeat(300_000)].join('\n'), 'Line 2'],
    ] as const) {
      writeFileSync(bad, text);
      const { status, err } = await runHere(['judge', bad]);
      expect({ status, said: err.includes(says) }).toEqual({ status: 2, said: true });
    }
    expect((await runHere(['judge', join(folder, 'missing')])).status).toBe(2);
  });

  test('S2.10 kith log --verify names an event whose bytes were changed on the disk, and kith log does not show it', async () => {
    const { kith, device, conversation } = twelveDays();
    const verify = () => runHere(['log', conversation, '--verify', '--json'], { kith });
    expect(await verify()).toMatchObject({ status: 0, lines: [] });
    const line = device.call('log', { conversation, limit: 500 }).find(({ text }) => text === 'bob on day 3');
    if (line === undefined) throw new Error('no such line');
    const stored = device.store
      .scan('content')
      .find(({ value }) => Buffer.from(value).includes(Buffer.from('bob on day 3')));
    if (stored === undefined) throw new Error('not stored');
    const flipped = stored.value.map((byte, i) => (i === stored.value.length - 2 ? byte ^ 1 : byte));
    device.store.transaction(() => device.store.put('content', stored.key, flipped));
    expect(await verify()).toMatchObject({ status: 1, lines: [{ event: line.event, damage: 'content' }] });
    const shown = await runHere(['log', conversation, '--limit', '500', '--json'], { kith });
    expect(shown.lines.some(({ text }) => String(text).startsWith('bob on day 3'))).toBe(false);
    expect(shown.lines.length).toBeGreaterThan(20);
    device.store.transaction(() => device.store.put('content', stored.key, stored.value));
    expect((await verify()).status).toBe(0);
  });
});
