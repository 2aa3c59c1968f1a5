export * from './errors.ts';
export * from './failures.ts';
export { Engine, VERSION, type Input } from './engine.ts';
export type { Answer, Channel, Effect, EngineParts } from './context.ts';
export { startKith, type Parts, type StartKith } from './host.ts';
export * from './relay-http.ts';
export * from './relay-transport.ts';
export * from './remote.ts';
export * from './rpc.ts';
