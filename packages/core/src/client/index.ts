export * from './errors.ts';
export * from './failures.ts';
export { Engine, VERSION, type Input } from './engine.ts';
export type { Answer, Channel, Effect, EngineParts } from './context.ts';
export {
  EXPORT_NOTICE,
  EXPORT_VERSION,
  exportLines,
  IMPORTED_PREFIX,
  lineRecord,
  toJsonLine,
  toTime,
  type ExportProgress,
} from './export.ts';
export * from './export-html.ts';
export * from './backup.ts';
export { startKith, type Parts, type StartKith } from './host.ts';
export { importFile, type Imported, type ImportProgress } from './import.ts';
export { readImport } from './import-lines.ts';
export * from './lock.ts';
export { decodeGuard, encodeGuard } from './lock-guard.ts';
export * from './lock-record.ts';
export * from './relay-http.ts';
export * from './relay-transport.ts';
export * from './remote.ts';
export * from './rpc.ts';
export { transcriptCodec } from './transcript.ts';
