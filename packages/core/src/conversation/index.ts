export * from './content.ts';
export * from './imported.ts';
export * from './keys.ts';
export * from './pair-projection.ts';
export * from './self-content.ts';
export * from './self-projection.ts';
export * from './settings.ts';
export { readStamped } from './stamped.ts';
