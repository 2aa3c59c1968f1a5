import type { Logger, LogLevel } from '@kith/core/ports';

export interface LogRecord {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}
export interface RecordingLogger extends Logger {
  readonly records: readonly LogRecord[];
  clear(): void;
}

export const recordingLogger = (): RecordingLogger => {
  const records: LogRecord[] = [];
  return {
    records,
    log: (level, event, fields = {}) => {
      records.push({ level, event, fields });
    },
    clear: () => {
      records.length = 0;
    },
  };
};
