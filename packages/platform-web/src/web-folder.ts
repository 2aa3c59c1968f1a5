// The private file system as SQLite's pool of files may use it. Four things that the pool does itself are not good for a home:
// - When it cannot open one of its files, it deletes its folder. A file of a tab that is just being closed is locked, so all
//   that another tab has to do is to end between the two.
// - It leaves the other files open then, so that the next try finds those locked.
// - At each start it makes a file and removes it, to see how old the browser is. On a full disk Chromium cannot note the name
//   of a file more, and refuses all that touches names for a while, opening files among it.
// - It tells a write that had no room as any other that failed.

type File = Pick<FileSystemFileHandle, 'kind' | 'createSyncAccessHandle'>;
interface Folder {
  readonly kind: 'directory';
  readonly name: string;
  getDirectoryHandle(name: string, options?: FileSystemGetDirectoryOptions): Promise<Folder>;
  getFileHandle(name: string, options?: FileSystemGetFileOptions): Promise<File | typeof NOWHERE>;
  removeEntry(): Promise<void>;
  [Symbol.asyncIterator](): AsyncGenerator<[string, File | Folder]>;
}

/** A file that is nowhere, for the pool's question whether `close` answers at once: `createSyncAccessHandle` was asked for before. */
const NOWHERE = { kind: 'file', createSyncAccessHandle: async () => ({ close: () => undefined }) } as const;
const CHECK = '.opfs-sahpool-sync-check-';

interface Notes {
  readonly opened: Promise<FileSystemSyncAccessHandle>[];
  /** A write had no room since this was last asked. */
  ranOut: boolean;
}

const isQuota = (error: unknown): boolean => error instanceof Error && error.name === 'QuotaExceededError';
/** Writes of this file that have no room are noted. Browsers write less than they are given then, or throw. */
const noting = (file: FileSystemSyncAccessHandle, notes: Notes): FileSystemSyncAccessHandle => {
  const write = file.write.bind(file);
  file.write = (bytes, options) => {
    try {
      const written = write(bytes, options);
      notes.ranOut ||= written < bytes.length;
      return written;
    } catch (error) {
      notes.ranOut ||= isQuota(error);
      throw error;
    }
  };
  return file;
};

/** A folder whose folders and files can be opened and made, and none of them removed. */
const keeping = (folder: FileSystemDirectoryHandle, notes: Notes): Folder => {
  const file = (of: FileSystemFileHandle): File => ({
    kind: of.kind,
    createSyncAccessHandle: () => {
      const opening = of.createSyncAccessHandle().then((opened) => noting(opened, notes));
      notes.opened.push(opening);
      return opening;
    },
  });
  return {
    kind: folder.kind,
    name: folder.name,
    getDirectoryHandle: async (name, options) => keeping(await folder.getDirectoryHandle(name, options), notes),
    getFileHandle: async (name, options) =>
      name.startsWith(CHECK) ? NOWHERE : file(await folder.getFileHandle(name, options)),
    removeEntry: async () => undefined,
    async *[Symbol.asyncIterator]() {
      for await (const [name, one] of folder.entries())
        yield [
          name,
          one.kind === 'file' ? file(one as FileSystemFileHandle) : keeping(one as FileSystemDirectoryHandle, notes),
        ];
    },
  };
};

export interface KeptFolders<T> {
  readonly result: T;
  /** Whether a write had no room since this was last asked. */
  ranOut(): boolean;
}
/** Runs work that may not remove anything of the private file system. When it rejects, every file that it opened is closed. */
export const withKeptFolders = async <T>(work: () => Promise<T>): Promise<KeptFolders<T>> => {
  const root = await navigator.storage.getDirectory();
  const notes: Notes = { opened: [], ranOut: false };
  Object.defineProperty(navigator.storage, 'getDirectory', {
    configurable: true,
    value: async () => keeping(root, notes),
  });
  try {
    const result = await work();
    return {
      result,
      ranOut: () => {
        const { ranOut } = notes;
        notes.ranOut = false;
        return ranOut;
      },
    };
  } catch (error) {
    for (const one of await Promise.allSettled(notes.opened)) if (one.status === 'fulfilled') one.value.close();
    throw error;
  } finally {
    // The browser's own stands on the prototype.
    Reflect.deleteProperty(navigator.storage, 'getDirectory');
  }
};
