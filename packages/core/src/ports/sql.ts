/** The one small interface to SQLite; `packages/platform-*` implement it over SQLite3MultipleCiphers. Synchronous. */
export type SqlValue = Uint8Array | string | number | null;
export interface Sql {
  run(statement: string, values?: readonly SqlValue[]): void;
  all(statement: string, values?: readonly SqlValue[]): readonly (readonly SqlValue[])[];
  close(): void;
}
