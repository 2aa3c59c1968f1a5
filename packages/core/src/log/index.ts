export * from './conversation-log.ts';
export * from './content.ts';
export * from './frontier.ts';
export * from './header.ts';
export * from './objects.ts';
export * from './shared-time.ts';
export * from './types.ts';
