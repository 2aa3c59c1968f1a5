export * from './errors.ts';
export * from './rpc.ts';
