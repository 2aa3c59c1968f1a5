export * from './features.ts';
export { deriveInWorker } from './passphrase.ts';
export * from './private-window.ts';
export * from './trusted-url.ts';
export * from './web-kith.ts';
export * from './transport.ts';
