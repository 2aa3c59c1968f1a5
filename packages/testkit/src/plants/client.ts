// Bugs in the engine: what is sent to whom, what is believed, what is kept.
import type { SourcePlant } from './plant.ts';

const of = (name: string): string => `packages/core/src/client/${name}`;
const noticedBy = (suite: string, test: string) => ({ file: `packages/core/test/client/${suite}.test.ts`, test });
const attack = (test: string) => noticedBy('devices-attacks', test);

export const CLIENT_PLANTS = {
  'copy-device-key': {
    words: 'Linking hands the key of the old device to the new one.',
    file: of('linking.ts'),
    find: '    this.#absorb(feed);\n    this.#end(record,',
    instead:
      "    const copied = mine.log.device()?.key.privateKey.expose().slice(0, 32) ?? new Uint8Array(32);\n    this.#home.tell({ type: 'segmentSeed', conversation: mine.id, feed, segment: feed as never, seed: copied, extensions: [] });\n    this.#absorb(feed);\n    this.#end(record,",
    noticedBy: attack("S4.20 A1's private keys"),
  },
  'post-same-bytes-again': {
    words: 'Two relays get the same bytes: what is posted again is not sealed anew.',
    file: of('sender.ts'),
    find: 'const cells = this.#noteOwn(route.via, seal(route.via.outlets[0]));\n      if (cells.length === 0) return;',
    instead:
      'const cells = ((rows as { same?: readonly Uint8Array[] }).same ??= this.#noteOwn(route.via, seal(route.via.outlets[0])));\n      if (cells.length === 0) return;',
    noticedBy: noticedBy('hostile', 'class 11 S3.11: two relays'),
  },
  'keep-the-generation': {
    words: 'A restored copy of a home does not notice that it is one.',
    file: of('home.ts'),
    find: 'const restored = home !== undefined && home.generation !== generation - 1;',
    instead: 'const restored = false;',
    noticedBy: noticedBy('copies', 'class 11: a snapshot restored'),
  },
  'show-my-own-inception': {
    words: 'An inviter who shows the acceptor its own inception is believed.',
    file: of('receiver.ts'),
    find: 'if (equalBytes(item.inception, pair.local.inception)) return undefined;',
    instead: '',
    noticedBy: noticedBy('hostile', 'class 5: an inviter who shows'),
  },
  'keep-split-packets': {
    words: 'Half of a packet stays after a deletion.',
    file: of('receiver.ts'),
    find: "this.#context.store.delete('packet', row.key);\n      for (const known",
    instead: 'for (const known',
    noticedBy: noticedBy('found-devices', 'class 32: half of a long packet'),
  },
  'add-devices-of-others': {
    words:
      'Whoever says that a device is mine is believed: a device is added without its consent to this conversation.',
    file: 'packages/core/src/identity/consents.ts',
    find: 'crypto.verify(device, consentMessage(root, member, device), consent);',
    instead: 'consent.length === 64 && root.length > 0 && member.length > 0;',
    noticedBy: attack('class 1 a contact cannot add a device'),
  },
  'remember-no-cut': {
    words: 'What a removed device signs with old parents counts again once an accomplice hands it on.',
    file: 'packages/core/src/identity/chains.ts',
    find: '!accepted.has(other) &&',
    instead: 'other.feed.length === 0 &&',
    noticedBy: attack('class 2 class 6 a removed device signs'),
  },
  'use-one-relay': {
    words: 'Only one of two relays is given anything: what an evil one hides, device entries too, is hidden.',
    file: of('sender.ts'),
    find: 'return route.via.outlets[0]?.record.relays ?? [];',
    instead: 'return route.via.outlets[0]?.record.relays.slice(-1) ?? [];',
    noticedBy: attack('class 1 class 2 S4.21 S4.23 of two relays one inserts'),
  },
  'never-ask-for-it': {
    words: 'Who hears of something that a relay hid does not ask for it.',
    file: of('receiver.ts'),
    find: 'if (iLack.length > 0) this.#out.wantSoon(route);',
    instead: '',
    noticedBy: noticedBy('devices', 'S4.24 any device of either side hands on'),
  },
  'take-out-what-is-known': {
    words: 'A device that is taken out stays in conversations that are heard of later.',
    file: of('removal.ts'),
    find: 'for (const feed of here) this.#remove(pair, feed, this.#isRefused(device), undefined, heldBy);',
    instead: '',
    noticedBy: noticedBy('removal', 'S4.23 a device is taken out as well'),
  },
  'let-a-ninth-in': {
    words: 'More devices are linked than a cell has slots for: nobody seals to the last.',
    file: of('linking.ts'),
    find: "if (this.#isFull()) return done(new KithError('too-many-devices'));",
    instead: '',
    noticedBy: noticedBy('devices', 'S4.21 a person has eight devices'),
  },
  'list-no-strays': {
    words: 'What a thief lets into one conversation alone stands in no list.',
    file: of('strays.ts'),
    find: "state !== 'removed' && !spare && !known.has(toHex(feed))",
    instead: "state === 'contested' && !spare && !known.has(toHex(feed))",
    noticedBy: noticedBy('strays', 'S4.21 S4.23 what a thief lets'),
  },
  'remove-one-key': {
    words: 'Who removes a device removes one of the keys that it said are its own.',
    file: of('removal.ts'),
    find: '.filter((one) => equalBytes(one.self, self) && !isOthers(one.device))',
    instead: '.filter((one) => equalBytes(one.self, self) && !isOthers(one.device)).slice(0, 1)',
    noticedBy: noticedBy('strays', 'S4.23 what a thief says is its own'),
  },
  'claim-keys-of-others': {
    words: 'Who is removed takes along another device whose key it claimed.',
    file: of('removal.ts'),
    find: ' && !isOthers(one.device)',
    instead: '',
    noticedBy: noticedBy('own-devices', 'a device that says that the key of another one'),
  },
  'tell-no-first-seen': {
    words:
      'A device that is linked is not told when entries were first seen: who was removed long ago disputes it before that one.',
    file: of('linking.ts'),
    find: 'this.#hooks.takesIn(feed);',
    instead: '',
    noticedBy: noticedBy('first-seen', 'S4.23 an answer that comes when a removal is final'),
  },
  'believe-any-first-seen': {
    words: 'Any own device is believed about when entries were first seen.',
    file: of('first-seen.ts'),
    find: 'firstSeenOf(this.#context.store, as, host, of.id)',
    instead:
      'this.#home.mine.log.charter().members.flatMap(({ devices }) => devices.flatMap(({ feed }) => firstSeenOf(this.#context.store, own, feed, of.id)))',
    noticedBy: noticedBy('first-seen', 'S4.21 class 1 only who let a device in'),
  },
  'hear-no-removed-device': {
    words:
      'A removed device that writes again, a copy of its home, is not told that it is one: it never learns that it is out.',
    file: of('removal.ts'),
    find: ".filter(({ state }) => state !== 'active')\n      .map(({ feed }) => feed);",
    instead: ".filter(({ state }) => state === 'contested')\n      .map(({ feed }) => feed);",
    noticedBy: attack("class 11 S4.23 a copy of a removed device's home"),
  },
  'cut-off-one-restore': {
    words: 'Who removes a backup file accepts one of the devices that came back with it, and takes the other one out.',
    file: 'packages/core/src/log/own.ts',
    find: 'return [end, ...others];',
    instead: 'return [end, ...others.slice(others.length)];',
    noticedBy: noticedBy('restore', 'S1.1 S4.23 restored twice, then the file is removed by alice'),
  },
  'always-typing': {
    words: 'Typing is told to who is blocked, marked or gone.',
    file: of('calls.ts'),
    find: "const isHeard = lines.stateOf(pair) === 'active' && home.facts(pair).validity !== 'compromised';",
    instead: 'const isHeard = true;',
    noticedBy: noticedBy('hostile', 'class 18: nothing of typing'),
  },
  'true-size-of-backups': {
    words: 'A backup is as long as what is in it.',
    file: of('backup-format.ts'),
    find: 'if (parts < 2) return parts;',
    instead: 'if (parts > 0) return parts;',
    noticedBy: noticedBy('backup', 'class 16 S1.1 the file tells nothing'),
  },
  'their-name-first': {
    words: 'What a contact calls itself stands before the name that I gave.',
    file: of('lines.ts'),
    find: "if (facts.name !== '') return { name: facts.name, from: 'me' };\n    const peer = this.#home.peer(pair);\n    const theirs = peer === undefined ? '' : memberName(pair.view, peer);\n    if (theirs !== '') return { name: theirs, from: 'them' };",
    instead:
      "const peer = this.#home.peer(pair);\n    const theirs = peer === undefined ? '' : memberName(pair.view, peer);\n    if (theirs !== '') return { name: theirs, from: 'them' };\n    if (facts.name !== '') return { name: facts.name, from: 'me' };",
    noticedBy: noticedBy('hostile', 'class 24'),
  },
} satisfies Readonly<Record<string, SourcePlant>>;
