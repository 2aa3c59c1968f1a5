import { test } from 'vitest';
import { createNullCrypto } from '/work/main/packages/testkit/src/null-crypto.ts';
import { give } from '/work/main/packages/core/test/log/people.ts';
import { makeWorld } from '/work/main/packages/core/test/log/world.ts';
const crypto = createNullCrypto();
const hex = (_: string, v: unknown) => v instanceof Uint8Array ? Buffer.from(v).toString('hex').slice(0, 8) : v;
test('x', () => {
  const { people } = makeWorld(crypto, Number(process.env.SEED ?? 998445), 60, 2);
  for (let round = 0; round < 8; round++)
    for (const from of people) for (const to of people) if (from !== to) give(from, to, round < 4 ? 1500 : 1e9);
  for (const who of people) {
    console.log(who.log.page({limit:1e6}).length, who.store.scan('event').length, JSON.stringify(who.store.transaction(() => who.log.frontier().feeds), hex));
  }
  for (const from of people) for (const to of people) if (from !== to) {
    const t = to.store.transaction(() => to.log.frontier());
    console.log(people.indexOf(from), people.indexOf(to), JSON.stringify(from.store.transaction(() => from.log.compare(t)), hex));
  }
});
import { decode } from '../../../src/codec/index.ts';
import { segmentRecord } from '../../../src/log/records.ts';
import { decodeHeader } from '../../../src/log/header.ts';
test('y', () => {
  const { people } = makeWorld(crypto, Number(process.env.SEED ?? 998445), 60, 2);
  for (let round = 0; round < 8; round++)
    for (const from of people) for (const to of people) if (from !== to) give(from, to, round < 4 ? 1500 : 1e9);
  for (const who of [people[0], people[2]]) {
    console.log('== own', JSON.stringify(who.log.device()?.feed, hex));
    for (const row of who.store.scan('segment')) {
      if (row.value.length === 8) { console.log('branch ptr', JSON.stringify([row.key.slice(24), row.value], hex)); continue; }
      const r = decode(segmentRecord, row.value);
      if (r) console.log(JSON.stringify([row.key.slice(16,24), row.key.slice(24), r], hex));
    }
    const forked = who.store.scan('segment').find((r) => r.value.length !== 8 && decode(segmentRecord, r.value)?.forked);
    if (forked) for (const row of who.store.scan('header')) if (Buffer.from(row.key.slice(0, 32)).equals(Buffer.from(forked.key))) {
      const h = decodeHeader(row.value.slice(13))!;
      console.log(h.seq, JSON.stringify([row.key.slice(36), h.previous, h.lamport, h.heads], hex));
    }
    for (const row of who.store.scan('seal')) console.log('seal', JSON.stringify([row.key.slice(24,32), row.key.slice(32,36), row.value.slice(0,1), row.value.slice(1,33)], hex));
    for (const row of who.store.scan('waiting')) console.log('waiting', JSON.stringify([row.key.slice(16,17), row.key.slice(17,25), row.key.slice(25,33), row.key.slice(33,37)], hex));
  }
});
import { take, feedOf } from '../people.ts';
test('z', () => {
  const { people } = makeWorld(crypto, Number(process.env.SEED ?? 998445), 60, 2);
  for (let round = 0; round < 8; round++)
    for (const from of people) for (const to of people) if (from !== to) give(from, to, round < 4 ? 1500 : 1e9);
  const [a, d] = [people[0]!, people[Number(process.env.TO ?? 3)]!];
  const theirs = d.store.transaction(() => d.log.frontier());
  const { objects } = a.store.transaction(() => a.log.read(a.log.compare(theirs).theyLack, 1e9));
  for (const o of objects) console.log(o.type, JSON.stringify(o.type === 'event' ? decodeHeader(o.header) : o, hex));
  console.log(take(d, objects, feedOf(a)));
  for (const row of d.store.scan('seal')) console.log('seal', JSON.stringify([row.key.slice(24,32), row.key.slice(32,36), row.value.slice(0,1), row.value.slice(1,33)], hex));
  for (const row of d.store.scan('waiting')) console.log('waiting', JSON.stringify([row.key.slice(16,17), row.key.slice(17,25), row.key.slice(25,33), row.key.slice(33,37)], hex));
    for (const row of d.store.scan('segment')) {
      const r = row.value.length === 8 ? undefined : decode(segmentRecord, row.value);
      if (r) console.log(JSON.stringify([row.key.slice(16,24), row.key.slice(24), r], hex));
    }
});
