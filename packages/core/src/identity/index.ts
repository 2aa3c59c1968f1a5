export * from './certificate.ts';
export * from './charter.ts';
export * from './entry.ts';
export * from './ids.ts';
