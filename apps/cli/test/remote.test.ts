// What stands at the other end of a home's socket may be anything.
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { ConnectionLost, Remote } from '../src/jsonrpc/remote.ts';

test.each(['no JSON\n', '{\n', '\u0000\n'])(
  'class 28 an owner of a home that answers %j is taken for one that went away',
  async (line) => {
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const remote = new Remote(socket);
    const asked = remote.ask('status', {});
    socket.push(line);
    await expect(asked).rejects.toThrow(ConnectionLost);
    await remote.lost;
  },
);
