// The part of hypercore that is raced; it brings no types.
declare module 'hypercore' {
  import type { Duplex } from 'node:stream';
  interface Options {
    readonly encryptionKey?: Buffer;
  }
  export default class Hypercore {
    constructor(folder: string, options: Options);
    constructor(folder: string, key: Buffer, options: Options);
    static createProtocolStream(isInitiator: boolean): Duplex;
    readonly key: Buffer;
    readonly length: number;
    readonly contiguousLength: number;
    ready(): Promise<void>;
    append(blocks: readonly Buffer[]): Promise<unknown>;
    get(index: number): Promise<Buffer>;
    update(options: { readonly wait: boolean }): Promise<boolean>;
    download(range: { readonly start: number; readonly end: number }): { done(): Promise<void> };
    replicate(stream: Duplex): Duplex;
  }
}
