import { test } from 'vitest';
import { createLibsodium } from '../../../src/crypto/libsodium.ts';
import { everything, feedOf, pair, START } from '../people.ts';
test('bench', async () => {
  const crypto = await createLibsodium();
  const content = new Uint8Array(200).fill(65);
  for (let round = 0; round < 2; round++) {
    const [alice, bob] = pair(crypto, round + 1);
    const n = 10000;
    let t = performance.now();
    for (let i = 0; i < n; i++) alice.store.transaction(() => alice.log.append({ contentKind: 16, content, time: START }));
    const append = (performance.now() - t) * 1000 / n;
    t = performance.now();
    for (let i = 0; i < 1000; i++) alice.store.transaction(() => { alice.log.append({ contentKind: 16, content, time: START }); alice.log.sealHead(); });
    const sealed = (performance.now() - t);
    t = performance.now();
    const objects = everything(alice);
    const read = (performance.now() - t) * 1000 / objects.length;
    let verifies = 0;
    t = performance.now();
    bob.store.transaction(() => bob.log.ingest(objects, feedOf(alice), START));
    const one = (performance.now() - t) * 1000 / objects.length;
    const [, bob2] = pair(crypto, round + 1);
    t = performance.now();
    for (let at = 0; at < objects.length; at += 1000) bob2.store.transaction(() => bob2.log.ingest(objects.slice(at, at + 1000), feedOf(alice), START));
    const thousands = (performance.now() - t) * 1000 / objects.length;
    // live: one event and one seal a packet
    const [a3, b3] = pair(crypto, 50 + round);
    let live = 0;
    for (let i = 0; i < 1000; i++) {
      const { place } = a3.store.transaction(() => a3.log.append({ contentKind: 16, content, time: START }));
      const { objects: packet } = a3.store.transaction(() => a3.log.read([{ ...place, from: place.seq, to: place.seq + 1 }], 1e6));
      const s = performance.now();
      b3.store.transaction(() => b3.log.ingest(packet, feedOf(a3), START));
      live += performance.now() - s;
    }
    t = performance.now();
    for (let i = 0; i < 100; i++) bob.log.page({ limit: 50 });
    const page = (performance.now() - t) / 100;
    t = performance.now();
    for (let i = 0; i < 100; i++) bob.store.transaction(() => bob.log.frontier());
    const frontier = (performance.now() - t) / 100;
    console.log({ append, appendSeal: sealed, read, ingestAll: one, ingestBy1000: thousands, live1: live, pageMs: page, frontierMs: frontier, verifies });
  }
}, 60000);
