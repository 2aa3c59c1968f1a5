export * from './memory-network.ts';
export * from './memory-store.ts';
export * from './pipe-pair.ts';
export * from './recording-logger.ts';
export * from './seeded-randomness.ts';
export * from './sim-clock.ts';
