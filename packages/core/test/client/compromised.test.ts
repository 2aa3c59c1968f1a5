// "Stop": what a mark does on all devices of a person, on simulated ports.
import { expect, test, vi } from 'vitest';
import { link } from './linked.ts';
import { codeOf, pair, texts, world } from './world.ts';

// Days of a simulated world.
vi.setConfig({ testTimeout: 90_000 });
const HOUR_MS = 3_600_000;

test('S4.46 marking a contact compromised stops sending on every own device, and each conversation with it says why', () => {
  const here = world(4460);
  const [a1, a2, b] = [here.device('a1'), here.device('a2'), here.device('b')];
  const conversation = pair(here, a1, b);
  const second = pair(here, a1, b);
  const c = here.device('c');
  const other = pair(here, a1, c);
  link(here, a1, a2);
  here.clock.advance(2 * HOUR_MS);
  a1.call('contact.merge', { conversation, with: second });
  here.clock.advance(HOUR_MS);
  // One device is away, with a message that never left it.
  a2.stop();
  a2.start(false);
  a2.connect(false);
  a2.call('send', { conversation, text: 'written before I knew' });
  a2.crash();
  a1.call('contact.mark', { conversation, validity: 'compromised' });
  here.clock.advance(HOUR_MS);
  a2.start();
  here.clock.advance(HOUR_MS);
  for (const one of [a1, a2]) {
    for (const with_ of [conversation, second]) {
      expect(codeOf(() => one.call('send', { conversation: with_, text: 'no' }))).toBe('compromised');
      const contact = one.call('contact.list', {}).find((known) => known.conversation === with_);
      expect(contact?.validity).toBe('compromised');
    }
    expect(one.call('contact.list', {}).find((known) => known.conversation === other)?.validity).toBe('unvalidated');
  }
  const before = b.call('log', { conversation, limit: 50 }).length;
  a1.call('profile.set', { name: 'new name' });
  b.call('send', { conversation, text: 'are you there' });
  here.clock.advance(24 * HOUR_MS);
  expect(texts(b, conversation)).not.toContain('written before I knew');
  expect(b.call('log', { conversation, limit: 50 }).length).toBe(before + 1);
  expect(b.call('log', { conversation, limit: 50 }).at(-1)?.state).not.toBe('delivered');
  // The person has checked, and says so on the other device: everything flows again.
  a2.call('contact.mark', { conversation, validity: 'validated' });
  here.clock.advance(2 * HOUR_MS);
  expect(texts(b, conversation)).toContain('written before I knew');
  expect(a1.call('contact.list', {}).find((known) => known.conversation === conversation)?.validity).toBe('validated');
  expect(codeOf(() => a1.call('send', { conversation, text: 'again' }))).toBeUndefined();
  here.clock.advance(HOUR_MS);
  expect(texts(b, conversation)).toContain('again');
  expect(codeOf(() => a1.call('send', { conversation: second, text: 'no' }))).toBe('compromised');
});
