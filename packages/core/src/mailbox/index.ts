export * from './invitation-types.ts';
export * from './types.ts';
export * from './relay-rules-buckets.ts';
export * from './relay-rules-limits.ts';
export * from './relay-rules-live.ts';
export * from './relay-rules-log.ts';
export * from './relay-rules-rendezvous.ts';
export * from './relay-rules.ts';
