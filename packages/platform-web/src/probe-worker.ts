// Says whether files of this window are only in memory: there a flush has nothing to do, while each reading asks the browser's
// own process. On a disk, and on a file system in memory, a flush takes at least as long as a reading. The file stays: on a
// full disk one that is made anew can keep the home from being opened (see web-folder.ts).
const FILE = '.kith-probe';
const ROUNDS = 10;

const timed = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const isInMemory = async (): Promise<boolean> => {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getFileHandle(FILE, { create: true })).createSyncAccessHandle();
  const byte = new Uint8Array(1);
  let flushing = 0;
  let reading = 0;
  for (let round = 0; round < ROUNDS; round++) {
    file.write(byte, { at: 0 });
    flushing += timed(() => file.flush());
    for (let i = 0; i < ROUNDS; i++) reading += timed(() => void file.read(byte, { at: 0 }));
  }
  file.close();
  return flushing * ROUNDS < reading;
};

isInMemory().then(postMessage, () => postMessage(false));
