export * from './invitation-types.ts';
export * from './types.ts';
