export * from './budget.ts';
export * from './outbox.ts';
export * from './packet.ts';
export * from './peer.ts';
