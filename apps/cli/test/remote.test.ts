// What stands at the other end of a home's socket may be anything.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ConnectionLost, Remote } from '../src/jsonrpc/remote.ts';

test.each(['no JSON\n', '{\n', '\u0000\n'])(
  'class 28 an owner of a home that answers %j is taken for one that went away',
  async (line) => {
    const socket = Object.assign(new EventEmitter(), { write: () => true, destroy: () => void socket.emit('close') });
    const remote = new Remote(socket as unknown as Socket);
    const asked = remote.ask('status', {});
    expect(() => socket.emit('data', Buffer.from(line))).not.toThrow();
    await expect(asked).rejects.toThrow(ConnectionLost);
    await remote.lost;
  },
);
