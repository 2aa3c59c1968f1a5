/** The one small interface to SQLite; `packages/platform-*` implement it over SQLite3MultipleCiphers. Synchronous. */
export type SqlValue = Uint8Array | string | number | null;
export interface Sql {
  /**
   * One statement, `?` standing for the values. Adapters keep prepared statements by their text, so the texts have to be
   * few and fixed. Throws a SqlError.
   */
  run(statement: string, values?: readonly SqlValue[]): void;
  /** As `run`, with the rows it gives. The bytes belong to the caller. */
  all(statement: string, values?: readonly SqlValue[]): readonly (readonly SqlValue[])[];
  /** False between transactions, also after the database rolled one back by itself (as it may when the disk is full). */
  inTransaction(): boolean;
  close(): void;
}

/** What SQLite reported: `result` is the name of its primary result code, such as SQLITE_FULL. */
export class SqlError extends Error {
  readonly result: string;
  constructor(result: string, message: string) {
    super(message);
    this.name = 'SqlError';
    this.result = result;
  }
}
