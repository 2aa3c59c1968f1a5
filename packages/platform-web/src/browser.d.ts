// What browsers have and TypeScript's DOM library lacks, and vite's form of naming a bundled worker.

interface FileSystemSyncAccessHandle {
  read(into: Uint8Array, options?: { readonly at: number }): number;
  write(bytes: Uint8Array, options?: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  getSize(): number;
  close(): void;
}
interface FileSystemFileHandle {
  /** In dedicated workers only. */
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}

declare module '*?worker&url' {
  const url: string;
  export default url;
}
