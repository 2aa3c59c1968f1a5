// Who takes part in W5 alone: logs and documents that are copied as a whole.
import { REPLICAS } from '../replica.ts';
import type { Peer } from './peer.ts';

export const REPLICATED: readonly Peer[] = [
  {
    name: 'signature-each',
    encrypts: 'nothing',
    keeps: 'in memory',
    orders: 'a chain of hashes, each signed',
    durability: null,
    works: ['W5'],
    missing: () => null,
    receive: REPLICAS['signature-each'],
  },
  {
    name: 'hypercore-encrypted',
    encrypts: 'blocks, under one fixed key',
    keeps: 'both ends',
    orders: 'each author, signed by batch',
    durability: 'process',
    works: ['W5'],
    missing: () => null,
    receive: REPLICAS['hypercore-encrypted'],
  },
  {
    name: 'yjs',
    encrypts: 'nothing',
    keeps: 'the state, in one file',
    orders: 'all, unsigned',
    durability: 'process',
    works: ['W5'],
    missing: () => null,
    receive: REPLICAS['yjs'],
  },
];
