export * from './errors.ts';
export * from './remote.ts';
export * from './rpc.ts';
