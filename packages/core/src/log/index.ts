export * from './conversation-log.ts';
export * from './deniability.ts';
export * from './content.ts';
export * from './frontier.ts';
export * from './header.ts';
export * from './objects.ts';
export { PUBLISH_GRACE_MS, publishCodec, type Publish } from './publication.ts';
export * from './shared-time.ts';
export * from './types.ts';
