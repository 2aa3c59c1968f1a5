import type { ConversationLog, LogOptions } from './types.ts';

export const openConversationLog = (options: LogOptions): ConversationLog => {
  throw new Error(`not built yet: ${options.kind}`);
};
