import { describe, expect, test } from 'vitest';
import { concat } from '@kith/core/bytes';
import { derive, deriveBytes, Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import {
  addGeneration,
  BODY_OVERHEAD,
  createGeneration,
  emptySession,
  openBody,
  openBox,
  sealBody,
  sealBox,
  SLOT_BYTES,
  type Session,
} from '@kith/core/session';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

const crypto = await createLibsodium();
const randomness = seededRandomness(5);
const NOW = 1_800_000_000_000;
const tag = randomness.bytes(16);
const flip = (from: Uint8Array, at: number): Uint8Array => from.map((byte, i) => (i === at ? byte ^ 1 : byte));

describe('bodies', () => {
  test('a body opens under the key it commits to, in its cell, whole; an empty one is the shortest', () => {
    const [key, body] = [randomness.bytes(32), randomness.bytes(40)];
    const sealed = sealBody(crypto, key, tag, body);
    expect(sealed).toHaveLength(40 + BODY_OVERHEAD);
    expect(openBody(crypto, key, tag, sealed)).toEqual(body);
    expect(openBody(crypto, key, tag, sealBody(crypto, key, tag, new Uint8Array(0)))).toEqual(new Uint8Array(0));
    for (let at = 0; at < sealed.length; at++) expect(openBody(crypto, key, tag, flip(sealed, at))).toBeUndefined();
    for (let end = 0; end < BODY_OVERHEAD; end++)
      expect(openBody(crypto, key, tag, sealed.subarray(0, end))).toBeUndefined();
    expect(openBody(crypto, flip(key, 0), tag, sealed)).toBeUndefined();
    expect(openBody(crypto, key, flip(tag, 0), sealed)).toBeUndefined();
  });
  test('a body under one key with the commitment to another opens under neither', () => {
    const [one, two] = [randomness.bytes(32), randomness.bytes(32)];
    const [first, second] = [one, two].map((key) => sealBody(crypto, key, tag, Uint8Array.of(1, 2))) as [
      Uint8Array,
      Uint8Array,
    ];
    const mixed = concat(first.subarray(0, 32), second.subarray(32));
    expect([one, two].map((key) => openBody(crypto, key, tag, mixed))).toEqual([undefined, undefined]);
  });
});

describe('boxes', () => {
  const pair = (): readonly [Session, Session] => {
    const exporter = randomness.bytes(64);
    const of = (role: 'answerer' | 'joiner'): Session =>
      addGeneration(emptySession(), createGeneration(crypto, new Secret(exporter.slice()), role, NOW), NOW).session;
    return [of('answerer'), of('joiner')];
  };
  test('one opens once, in its place; with a broken body the session has moved on all the same', () => {
    const [a, b] = pair();
    expect(sealBox(emptySession(), crypto, randomness, Uint8Array.of(1), tag)).toBeUndefined();
    const empty = sealBox(a, crypto, randomness, new Uint8Array(0), tag);
    if (empty === undefined) throw new Error('no generation');
    expect(empty.box).toHaveLength(SLOT_BYTES + BODY_OVERHEAD);
    expect(empty.writes).toHaveLength(1);
    expect(empty.session.generations[0]?.send?.counter).toBe(1);
    expect(openBox(b, crypto, empty.box, flip(tag, 0), NOW)).toEqual({ type: 'none' });
    expect(openBox(b, crypto, empty.box.subarray(0, -1), tag, NOW)).toEqual({ type: 'none' });
    const first = openBox(b, crypto, empty.box, tag, NOW);
    if (first.type !== 'opened') throw new Error(first.type);
    expect(first.packet).toEqual(new Uint8Array(0));
    expect(openBox(first.session, crypto, empty.box, tag, NOW)).toEqual({ type: 'none' });
    const next = sealBox(empty.session, crypto, randomness, Uint8Array.of(7), tag);
    if (next === undefined) throw new Error('no generation');
    const broken = openBox(first.session, crypto, flip(next.box, next.box.length - 1), tag, NOW);
    if (broken.type !== 'opened') throw new Error(broken.type);
    expect(broken.packet).toBeUndefined();
    expect(broken.session.generations[0]?.receive.next).toBe(2);
    expect(broken.writes.length).toBeGreaterThan(0);
  });
});

test('a generation is derived as spec 05 has it, of an exporter that is wiped', () => {
  const exporter = new Secret(randomness.bytes(64));
  const source = exporter.copy();
  const keys = [0, 1].map((of) => ({
    key: derive(crypto, source, 'chain', Uint8Array.of(of)).expose(),
    headerKey: derive(crypto, source, 'header', Uint8Array.of(of)).expose(),
  }));
  const made = createGeneration(crypto, exporter, 'answerer', NOW);
  expect(exporter.length).toBe(0);
  const joined = createGeneration(crypto, source.copy(), 'joiner', NOW);
  const exposed = (of: { readonly key: Secret; readonly headerKey: Secret } | null) => ({
    key: of?.key.expose(),
    headerKey: of?.headerKey.expose(),
  });
  expect([exposed(made.send), exposed(made.receive)]).toEqual(keys);
  expect([exposed(joined.send), exposed(joined.receive)]).toEqual(keys.toReversed());
  expect([made.id, joined.id]).toEqual(Array(2).fill(deriveBytes(crypto, 8, source, 'generation id')));
  expect(() => createGeneration(crypto, new Secret(new Uint8Array(32)), 'joiner', NOW)).toThrow('of a wrong length');
});
