import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes/index.ts';
import { decode, encode } from '../../src/codec/index.ts';
import type { Crypto } from '../../src/crypto/index.ts';
import { createLibsodium } from '../../src/crypto/libsodium.ts';
import {
  conversationIdFrom,
  createCertificate,
  openCertificate,
  openEntry,
  readCertificate,
} from '../../src/identity/index.ts';
import {
  decodeHeader,
  encodeHeader,
  frontierCodec,
  sealCodec,
  stubCodec,
  verifySeal,
  type LogObject,
} from '../../src/log/index.ts';
import {
  DAY,
  everything,
  feedOf,
  give,
  openReplica,
  pair,
  person,
  say,
  START,
  take,
  texts,
  meet,
  type Person,
} from './people.ts';

const crypto = await createLibsodium();

/** An outsider who knows both and is handed these objects. */
const watch = (people: readonly Person[], objects: readonly LogObject[], using: Crypto = crypto) => {
  const replica = openReplica(using, 5);
  for (const who of people) meet(replica, who);
  const taken = take(replica, objects, 'own');
  return { replica, taken };
};
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
};
const talk = () => {
  const people = pair(crypto);
  const [alice, bob] = people;
  for (const text of ['one', 'two', 'three']) say(alice, text);
  give(alice, bob);
  say(bob, 'four');
  give(bob, alice);
  say(alice, 'five');
  return { alice, bob, people, objects: everything(alice) };
};

/** Events shown that nobody wrote, when each bit of each event is flipped on its way. */
const forgedShown = (using: Crypto): number => {
  const { people, objects } = talk();
  const real = new Set(
    watch(people, objects)
      .replica.log.page({ limit: 99 })
      .map(({ event }) => Buffer.from(event).toString('hex')),
  );
  let forged = 0;
  for (const [i, object] of objects.entries()) {
    if (object.type !== 'event') continue;
    for (let bit = 0; bit < object.header.length * 8; bit += 5) {
      const bad = objects.with(i, { ...object, header: flipped(object.header, bit) });
      const { replica } = watch(people, bad, using);
      for (const { event } of replica.log.page({ limit: 99 }))
        if (!real.has(Buffer.from(event).toString('hex'))) forged += 1;
    }
  }
  return forged;
};

describe('S2.10 what was tampered with is named and never shown', () => {
  test('S2.10 a flipped bit of a stored header or content: the verifier names that event and it is not shown', () => {
    const { alice } = talk();
    alice.log.sealHead();
    expect(alice.log.verify()).toEqual([]);
    const before = texts(alice);
    for (const table of ['header', 'content'] as const) {
      for (const row of alice.store.scan(table)) {
        // The first 13 bytes of a header row are a replica's own notes.
        for (let bit = table === 'header' ? 13 * 8 : 0; bit < row.value.length * 8; bit += 7) {
          alice.store.put(table, row.key, flipped(row.value, bit));
          alice.log.forget();
          const named = alice.log.verify().map(({ event }) => Buffer.from(event).toString('hex'));
          expect(named).toContain(Buffer.from(row.key.subarray(36)).toString('hex'));
          const shown = alice.log.page({ limit: 99 }).filter(({ event }) => alice.log.content(event) !== undefined);
          expect(shown.length).toBe(before.length - 1);
          alice.store.put(table, row.key, row.value);
        }
      }
    }
    alice.log.forget();
    expect(alice.log.verify()).toEqual([]);
  });

  test('S2.10 a flipped bit on the way makes no event that is shown', () => {
    expect(forgedShown(crypto)).toBe(0);
  });

  test('S2.10 two heads of an event swapped, or the parents of two events: refused or unsealed, never shown', () => {
    const { alice, people, objects } = talk();
    say(alice, 'later', START + DAY);
    const all = everything(alice);
    const i = all.findIndex(
      (object) => object.type === 'event' && (decodeHeader(object.header)?.heads.length ?? 0) > 0,
    );
    const object = all[i];
    if (object?.type !== 'event') throw new Error('no event with heads');
    const header = decodeHeader(object.header);
    if (header === undefined) throw new Error('unreadable');
    const swapped = {
      ...object,
      header: encodeHeader({ ...header, heads: [...header.heads].reverse(), previous: header.previous }),
    };
    const other = header.heads.length > 1 ? swapped : { ...object, header: encodeHeader({ ...header, heads: [] }) };
    const { replica } = watch(people, all.with(i, other));
    const good = watch(people, all).replica.log.page({ limit: 99 }).length;
    expect(replica.log.page({ limit: 99 }).length).toBeLessThan(good);
    expect(objects.length).toBeGreaterThan(0);
  });

  test('a bad seal changes nothing, before or after the good one', () => {
    const { people, objects } = talk();
    const bad = objects.flatMap((object): LogObject[] =>
      object.type === 'seal' ? [{ ...object, signature: flipped(object.signature, 3) }] : [],
    );
    expect(bad.length).toBeGreaterThan(0);
    const count = watch(people, objects).replica.log.page({ limit: 99 }).length;
    const { replica, taken } = watch(people, [...bad, ...objects, ...bad]);
    expect(replica.log.page({ limit: 99 }).length).toBe(count);
    expect(taken.refused.get('signature') ?? 0).toBeGreaterThan(0);
    const unsealed = objects.filter(({ type }) => type !== 'seal');
    expect(watch(people, [...unsealed, ...bad]).replica.log.page({ limit: 99 }).length).toBe(0);
  });

  test('what rests on a signature check is shown when the check is planted away', () => {
    const { people, objects } = talk();
    const bad = objects.map((object): LogObject =>
      object.type === 'seal' ? { ...object, signature: flipped(object.signature, 3) } : object,
    );
    expect(watch(people, bad).replica.log.page({ limit: 99 }).length).toBe(0);
    expect(watch(people, bad, { ...crypto, verify: () => true }).replica.log.page({ limit: 99 }).length).toBe(5);
  });
});

describe('attack classes', () => {
  test('class 1: a segment that another key certified for a device does not count', () => {
    const { bob, people, objects } = talk();
    const theirs = bob.log.device();
    if (theirs === undefined) throw new Error('not started');
    const forged = objects.map((object): LogObject => {
      const certificate = object.type === 'certificate' ? readCertificate(object.certificate) : undefined;
      if (certificate === undefined || toHex(certificate.feed) === toHex(theirs.feed)) return object;
      return { type: 'certificate', certificate: createCertificate(crypto, theirs.key, certificate).bytes };
    });
    const { replica, taken } = watch(people, forged);
    expect(taken.refused.get('signature')).toBe(1);
    expect(replica.log.page({ limit: 99 }).every(({ member }) => toHex(member) === toHex(theirs.member))).toBe(true);
  });

  test('class 5: an event that names one which is not here waits for it', () => {
    const { alice, people, objects } = talk();
    const own = alice.log.device()?.feed ?? new Uint8Array(8);
    const isHers = (object: LogObject): boolean =>
      object.type === 'event' && toHex(decodeHeader(object.header)?.feed ?? own) === toHex(own);
    const { replica } = watch(
      people,
      objects.filter((object) => !isHers(object)),
    );
    expect(texts(replica)).toEqual([]);
    take(replica, objects, 'own');
    expect(texts(replica)).toHaveLength(5);
  });

  test('class 4: every signed object fed to every other parser passes only on the diagonal', () => {
    const { alice, objects } = talk();
    const device = alice.log.device();
    if (device === undefined) throw new Error('not started');
    const by = <T extends LogObject['type']>(type: T) =>
      objects.find((object) => object.type === type) as Extract<LogObject, { type: T }>;
    const certificate = objects.flatMap((object) =>
      object.type === 'certificate' && openCertificate(crypto, object.certificate, device.key.publicKey) !== undefined
        ? [object.certificate]
        : [],
    )[0];
    if (certificate === undefined) throw new Error('no certificate');
    const seal = by('seal');
    const samples: Record<string, Uint8Array> = {
      entry: by('entry').entry,
      certificate,
      event: by('event').header,
      seal: encode(sealCodec, seal),
      stub: encode(stubCodec, {
        format: 1,
        kind: 1,
        feed: seal.feed,
        segment: seal.segment,
        count: 1,
        head: seal.head,
        lamport: 1,
        seed: seal.head,
        signature: seal.signature,
      }),
      frontier: encode(
        frontierCodec,
        alice.store.transaction(() => alice.log.frontier()),
      ),
    };
    const parsers: Record<string, (bytes: Uint8Array) => unknown> = {
      entry: (bytes) => openEntry(crypto, bytes),
      certificate: (bytes) => openCertificate(crypto, bytes, device.key.publicKey),
      event: decodeHeader,
      seal: (bytes) => decode(sealCodec, bytes),
      stub: (bytes) => decode(stubCodec, bytes),
      frontier: (bytes) => decode(frontierCodec, bytes),
    };
    const passed = Object.entries(samples).flatMap(([made, bytes]) =>
      Object.entries(parsers).flatMap(([read, parse]) => (parse(bytes) === undefined ? [] : [`${made} as ${read}`])),
    );
    expect(passed).toEqual(Object.keys(samples).map((name) => `${name} as ${name}`));
    // The same signature in another slot: each has a label of its own.
    const cert = readCertificate(certificate);
    expect(
      cert &&
        verifySeal(crypto, device.key.publicKey, alice.conversation, { ...seal, signature: certificate.subarray(-64) }),
    ).toBe(false);
  });

  test('class 5: replay changes nothing; other conversations, reflection and deletion are refused or wait', () => {
    const { alice, bob, people, objects } = talk();
    const before = texts(bob);
    expect(take(bob, objects, feedOf(alice)).shown.length).toBe(1);
    expect(take(bob, objects, feedOf(alice)).shown).toEqual([]);
    expect(texts(bob).length).toBe(before.length + 1);
    // Another conversation with the same root.
    const elsewhere = openReplica(crypto, 6, { conversation: conversationIdFrom(new Uint8Array(16).fill(8)) });
    for (const who of people) meet(elsewhere, who);
    const taken = take(elsewhere, objects, 'own');
    expect(taken.shown).toEqual([]);
    expect(taken.refused.get('other-conversation')).toBeGreaterThan(0);
    // An inception for another root does not make a member here.
    const stranger = person(crypto, 77, { root: new Uint8Array(32).fill(1) });
    const root = take(bob, [{ type: 'entry', entry: stranger.inception }], 'own');
    expect(root.refused.get('root')).toBe(1);
    // Without the first event nothing above it counts, and it is told as missing.
    const events = objects.filter(({ type }) => type === 'event');
    const { replica } = watch(
      people,
      objects.filter((object) => object !== events[0]),
    );
    const lacking = alice.store.transaction(() => alice.log.compare(replica.log.frontier())).theyLack;
    expect(lacking.some(({ from, to }) => from === 0 && to > 0)).toBe(true);
    take(replica, alice.store.transaction(() => alice.log.read(lacking, 1e6)).objects, 'own');
    expect(replica.log.page({ limit: 99 }).length).toBe(5);
  });

  test('class 6: a Lamport time other than one more than what it names is void, high or low', () => {
    for (const by of [-1, 1, 1000]) {
      const { people, objects } = talk();
      const i = objects.findIndex((object) => object.type === 'event' && decodeHeader(object.header)?.seq === 0);
      const object = objects[i];
      if (object?.type !== 'event') throw new Error('no first event');
      const header = decodeHeader(object.header);
      if (header === undefined) throw new Error('unreadable');
      const taken = watch(
        people,
        objects.with(i, { ...object, header: encodeHeader({ ...header, lamport: header.lamport + by }) }),
      ).taken;
      expect(taken.refused.get('lamport')).toBe(1);
    }
  });

  test('class 8: one verifier; a signature with a small-order or non-canonical part is refused by it everywhere', () => {
    const { people, objects } = talk();
    const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');
    const added = objects.map((object): LogObject => {
      if (object.type !== 'seal') return object;
      // S + L: the same point, another encoding (RFC 8032, 5.1.7).
      const s = object.signature.slice();
      let carry = 0;
      for (let i = 0; i < 32; i++) {
        const sum = (s[32 + i] as number) + (order[i] as number) + carry;
        s[32 + i] = sum & 255;
        carry = sum >> 8;
      }
      return { ...object, signature: s };
    });
    expect(watch(people, added).replica.log.page({ limit: 99 }).length).toBe(0);
    const zero = objects.map((object): LogObject =>
      object.type === 'seal' ? { ...object, signature: concat(Uint8Array.of(1), new Uint8Array(63)) } : object,
    );
    expect(watch(people, zero).replica.log.page({ limit: 99 }).length).toBe(0);
  });

  test('class 17: equal texts have no byte of their hashes in common, so none can be guessed from what stays of a deleted one', () => {
    const { alice } = talk();
    say(alice, 'yes');
    say(alice, 'yes');
    const headers = everything(alice).flatMap((object) =>
      object.type === 'event' ? (decodeHeader(object.header) ?? []) : [],
    );
    expect(new Set(headers.map(({ contentHash }) => toHex(contentHash))).size).toBe(7);
    expect(new Set(headers.map(({ sizeClass }) => sizeClass)).size).toBe(1);
  });

  test('class 32: what was purged is not taken back from who still has it', () => {
    const { alice, bob, objects } = talk();
    give(alice, bob);
    const [first] = bob.log.page({ limit: 99 });
    if (first === undefined) throw new Error('nothing there');
    bob.store.transaction(() => bob.log.purge(first.event));
    take(bob, objects, feedOf(alice));
    expect(bob.log.content(first.event)).toBeUndefined();
    expect(texts(bob).filter((text) => text !== '')).toHaveLength(4);
  });

  test('class 14: an event with the content of another is refused, and the right one may still come', () => {
    const { people, objects } = talk();
    const [a, b] = objects.flatMap((object, i) => (object.type === 'event' ? [i] : []));
    const [x, y] = [objects[a as number], objects[b as number]];
    if (x?.type !== 'event' || y?.type !== 'event') throw new Error('no events');
    const { replica, taken } = watch(
      people,
      objects.with(a as number, { ...x, content: y.content }).with(b as number, { ...y, content: x.content }),
    );
    expect(taken.refused.get('content')).toBe(2);
    // They are lacked as before, so that whoever has the right ones is asked; what builds on them waits.
    expect(texts(replica)).toEqual([]);
    expect(take(replica, objects, 'own').completed.length).toBe(0);
    expect(texts(replica).filter((text) => text !== '').length).toBe(5);
    // One that its holder has no content of is taken, and completed by who has it.
    const { replica: other } = watch(people, objects.with(a as number, { ...x, content: null }));
    expect(texts(other).filter((text) => text !== '').length).toBe(4);
    expect(take(other, objects, 'own').completed.length).toBe(1);
    expect(texts(other).filter((text) => text !== '').length).toBe(5);
  });
});
