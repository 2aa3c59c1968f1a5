export type { EngineWish, Host } from './host.ts';
export { run } from './run.ts';
export { COMMANDS, GLOBAL_OPTIONS, type CommandSpec } from './table/index.ts';
