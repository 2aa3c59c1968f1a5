export * from './api.ts';
export * from './hello-types.ts';
export * from './key-agreement.ts';
export * from './types.ts';
