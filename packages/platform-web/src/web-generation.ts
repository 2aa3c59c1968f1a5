import type { Parts } from '@kith/core/client';

const BYTES = 8;

/** The generation counter in a small file of its own beside the database: read and written at once, in a worker. */
export const openWebGeneration = async (name: string): Promise<Parts['generation'] & { close(): void }> => {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getFileHandle(name, { create: true })).createSyncAccessHandle();
  const buffer = new Uint8Array(BYTES);
  const view = new DataView(buffer.buffer);
  return {
    read: () => (file.read(buffer, { at: 0 }) === BYTES ? Number(view.getBigUint64(0)) : 0),
    write: (value) => {
      view.setBigUint64(0, BigInt(value));
      file.write(buffer, { at: 0 });
      file.flush();
    },
    close: () => file.close(),
  };
};
