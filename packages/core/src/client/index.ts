export * from './errors.ts';
export * from './failures.ts';
export type { Parts, StartKith } from './host.ts';
export * from './relay-http.ts';
export * from './relay-transport.ts';
export * from './remote.ts';
export * from './rpc.ts';
