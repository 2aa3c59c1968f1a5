import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runAlone } from '../src/races/alone.ts';
import { floor } from '../src/races/floor.ts';
import { draw, table, type Raced } from '../src/races/page.ts';
import { WORKS, type Peer, type Talk } from '../src/races/peer.ts';
import { PEERS } from '../src/races/peers.ts';
import type { Result } from '../src/races/works.ts';
import { Yard } from '../src/yard.ts';

const bad = (talk: Partial<Talk>): Peer => ({
  name: 'bad',
  encrypts: 'nothing',
  keeps: 'nothing',
  orders: 'nothing',
  durability: null,
  works: ['W1'],
  missing: () => null,
  talk: { client: 'floor-client.ts', start: async () => ({ spot: {}, pids: [] }), ...talk },
});
const race = async (peer: Peer, longest?: number) => {
  const shared = new Yard();
  const results: Result[] = [];
  try {
    const sizes = { isQuick: true, flags: [] };
    const failure = await runAlone(shared, peer, 'W1', sizes, (result) => void results.push(result), longest);
    return { failure, parts: results.map(({ part }) => part) };
  } finally {
    await shared.close();
  }
};

test('a peer that fails, ends or never comes to an end is told with the reason, and the next one races', async () => {
  const fails = bad({
    start: () => Promise.reject(new Error('it does not start')),
  });
  expect(await race(fails)).toEqual({ failure: 'it does not start', parts: [] });
  const isNotThere = bad({
    start: async (yard) => {
      const { pid } = await yard.program({ command: '/nowhere/at-all', argv: [], cwd: yard.folder, port: 9 });
      return { spot: {}, pids: [pid] };
    },
  });
  expect((await race(isNotThere)).failure).toContain('ENOENT');
  const dies = bad({ client: '../../test/dying-client.ts' });
  expect(await race(dies)).toEqual({ failure: 'races/client.ts ended with 3', parts: [] });
  const hangs = bad({ start: () => new Promise(() => undefined) });
  expect(await race(hangs, 60)).toEqual({ failure: 'not done after 0.001 minutes', parts: [] });
  expect(await race(floor)).toEqual({ failure: null, parts: ['pingpong', 'pipelined'] });
}, 60_000);

test('what a peer does stands beside its bar and in its row, and none is longer than its room', () => {
  const result: Result = {
    part: 'pingpong',
    value: 12,
    unit: 'messages/s',
    serverCpu: 1,
    clientCpu: 2,
    p50: null,
    p99: null,
    disordered: 0,
  };
  const raced = PEERS.map((peer): Raced => ({ work: 'W1', peer, result, ratio: 0.5 }));
  const rows = table(raced).split('\n');
  const notes = [...draw(raced).matchAll(/font-size="9"[^>]*>([^<]*)</g)].map(([, note]) => note ?? '');
  expect(notes.length).toBe(PEERS.length);
  for (const [i, { name, encrypts, keeps, orders }] of PEERS.entries()) {
    const told = `encrypts: ${encrypts}; keeps: ${keeps}; orders: ${orders}`;
    expect(notes[i]).toBe(told);
    expect(rows[i + 2], name).toContain(`| ${told} |`);
    expect(told.length, name).toBeLessThan(96);
  }
});

test('docs/races.md says of each work what is counted, and of each peer what it does not do', () => {
  const page = readFileSync(new URL('../../docs/races.md', import.meta.url), 'utf8');
  const [works = '', who = ''] = ['| work | what is done', '| who | what it is here'].map((head) => {
    const from = page.slice(page.indexOf(head));
    return from.slice(0, from.indexOf('\n\n'));
  });
  for (const work of WORKS) expect(works).toContain(`| ${work} `);
  for (const { name } of PEERS) expect(who).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
});
