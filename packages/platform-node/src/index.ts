export * from './cipher.ts';
export * from './home.ts';
export * from './node-kith.ts';
export * from './node-sql.ts';
export * from './paths.ts';
export * from './system.ts';
export * from './transport.ts';
