// The part of better-sqlite3-multiple-ciphers that is used here. Its own types are hidden by its `exports`.
declare module 'better-sqlite3-multiple-ciphers' {
  export interface Statement {
    /** True for statements that give rows. */
    readonly reader: boolean;
    run(...values: readonly unknown[]): unknown;
    raw(on: boolean): this;
    all(...values: readonly unknown[]): unknown[];
  }
  export class SqliteError extends Error {
    readonly code: string;
  }
  export default class Database {
    constructor(path: string, options?: { readonly timeout?: number; readonly readonly?: boolean });
    readonly inTransaction: boolean;
    readonly open: boolean;
    static readonly SqliteError: typeof SqliteError;
    key(key: Buffer): number;
    /** An empty key takes the encryption off. */
    rekey(key: Buffer): number;
    prepare(statement: string): Statement;
    /** Several statements at once, without values. */
    exec(statements: string): this;
    close(): this;
  }
}
