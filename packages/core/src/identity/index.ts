export * from './certificate.ts';
export * from './charter.ts';
export * from './entry.ts';
export { FINAL_AFTER_MS } from './finality.ts';
export * from './ids.ts';
