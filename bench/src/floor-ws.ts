// The floor of every race over a network: `ws` and nothing else. It encrypts nothing, keeps nothing, orders nothing beyond
// its connection, and limits nobody.
import { WebSocketServer } from 'ws';

const ACK = Uint8Array.of(1, 1);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
server.on('connection', (socket, request) => {
  const isAck = request.url === '/ack';
  socket.on('message', (data) => socket.send(isAck ? ACK : data));
  // A client that goes away is no event here.
  socket.on('error', () => undefined);
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`listening at ws://127.0.0.1:${address.port}\n`);
});
