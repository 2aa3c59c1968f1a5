import { WebSocket } from 'ws';

export const connect = (url: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });

/**
 * Sends all frames with at most `inFlight` unanswered, and ends when `isDone` says so. `isDone` sees each message of
 * the listening sockets; `answers` says for how many frames sent it is the answer.
 */
export const pump = (
  sender: WebSocket,
  frames: readonly Uint8Array[],
  inFlight: number,
  listeners: readonly { readonly socket: WebSocket; readonly take: (message: Buffer) => number }[],
  isDone: () => boolean,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let next = 0;
    let open = 0;
    const push = (): void => {
      while (open < inFlight && next < frames.length) {
        open++;
        sender.send(frames[next++] as Uint8Array);
      }
    };
    const leave: (() => void)[] = [];
    const end = (finish: () => void): void => {
      for (const go of leave) go();
      finish();
    };
    const onClose = (): void => end(() => reject(new Error('a connection was closed by the server')));
    for (const { socket, take } of listeners) {
      const onMessage = (data: Buffer): void => {
        open -= take(data);
        if (isDone()) end(resolve);
        else push();
      };
      socket.on('message', onMessage);
      socket.on('close', onClose);
      leave.push(() => socket.off('message', onMessage).off('close', onClose));
    }
    push();
  });
