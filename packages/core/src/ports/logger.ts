export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Fields are counts, codes and durations: never an address, a tag, an id, a name or a text. */
export interface Logger {
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}
export const silent: Logger = { log: () => undefined };
