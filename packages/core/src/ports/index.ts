export * from './clock.ts';
export * from './logger.ts';
export * from './randomness.ts';
export * from './relay-wire.ts';
export * from './search-words.ts';
export * from './sql.ts';
export * from './store.ts';
export * from './transport.ts';
