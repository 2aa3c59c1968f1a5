export * from './crypto.ts';
export * from './derive.ts';
export * from './secret.ts';
