// Any bytes at the relay's HTTP door, as bodies, paths and requests: an answer that says so, and the relay goes on.
import { once } from 'node:events';
import { connect } from 'node:net';
import { encode } from '@kith/core/codec';
import { relayRequestCodec } from '@kith/core/ports';
import { sampler } from '@kith/testkit/cddl-sample';
import { codecsIn, rulesOf } from '@kith/testkit/codec-registry';
import { bend } from '@kith/testkit/fuzz';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { expect, test } from 'vitest';
import { freshCell, freshRelay, hourPut } from './helpers.ts';

const randomness = seededRandomness(28);
const utf8 = new TextEncoder();

/** Requests that are taken, in both forms. */
const seeds = (): readonly (readonly [string, Uint8Array])[] => {
  const rules = rulesOf(codecsIn({ ports: { relayRequestCodec } }));
  const make = sampler(relayRequestCodec.cddl, rules, randomness, 'any');
  const requests = Array.from({ length: 40 }, () => relayRequestCodec.in(make())).filter((one) => one !== undefined);
  const cbor = [...requests, { type: 'put' as const, cells: [hourPut(freshCell())] }]
    .map((request) => encode(relayRequestCodec, request))
    .filter(({ length }) => length < 16_384)
    .map((bytes) => ['application/cbor', bytes] as const);
  const json = [
    { type: 'put', cells: [{ cell: Buffer.from(freshCell()).toString('base64'), bucket: 0, live: false }] },
    { type: 'offerGet', place: Buffer.alloc(32).toString('base64') },
  ].map((request) => ['application/json', utf8.encode(JSON.stringify(request))] as const);
  return [...cbor, ...json];
};
const EXPECTED = new Set([200, 400, 403, 404, 405, 409, 410, 413, 415, 429, 507]);

test('class 28 3,000 bodies bent anywhere: each is taken or refused with a problem, and the relay goes on', async () => {
  const relay = await freshRelay({ limits: { loopbackFactor: 100_000 } });
  const samples = seeds();
  const seen = new Map<number, number>();
  for (let i = 0; i < 3000; i++) {
    const [type, body] = randomness.pick(samples);
    const path = randomness.pick(['cells', 'rendezvous']);
    const response = await fetch(`${relay.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: Uint8Array.from(i < samples.length ? (samples[i]?.[1] ?? body) : bend(body, randomness)),
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    expect(EXPECTED, `status ${response.status}`).toContain(response.status);
    if (!response.ok) expect(JSON.parse(new TextDecoder().decode(answer))).toMatchObject({ code: expect.any(String) });
  }
  expect(seen.get(200)).toBeGreaterThan(0);
  expect(seen.get(400)).toBeGreaterThan(1000);
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
});

test('class 28 500 requests bent anywhere, paths and headers too: the connection ends or is answered, and the relay goes on', async () => {
  const relay = await freshRelay({ limits: { loopbackFactor: 100_000 } });
  const { port } = new URL(relay.url);
  const request = utf8.encode(
    'GET /v1/buckets/hour/491234/8/ff/0 HTTP/1.1\r\nhost: relay\r\naccept: application/json\r\nrange: bytes=0-10\r\nif-none-match: "a"\r\nconnection: close\r\n\r\n',
  );
  for (let i = 0; i < 500; i++) {
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => void (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.end(bend(request, randomness));
    await once(socket, 'close');
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 [234]\d\d /);
  }
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
});
