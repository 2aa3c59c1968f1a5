// The text protocol of NATS as far as the works need it. With `jetstream`: publications acknowledged by a stream on disk, and a
// durable consumer for each name.
import { createConnection, type Socket } from 'node:net';
import type { OpenClient } from './peer.ts';

const END = '\r\n';
const STREAM = 'K';

type Handler = (payload: string, reply: string) => void;
const field = (line: readonly string[], at: number): string => line.at(at) ?? '';

export const openClient: OpenClient = async (spot, name, hear) => {
  const hasStream = spot['jetstream'] === 'yes';
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = createConnection({ host: '127.0.0.1', port: Number(spot['port']), noDelay: true }, () =>
      resolve(opening),
    );
    opening.once('error', reject);
  });
  socket.on('error', () => undefined);
  const handlers = new Map<string, Handler>();
  const pongs: (() => void)[] = [];
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    held = held.length === 0 ? data : Buffer.concat([held, data]);
    let at = 0;
    for (;;) {
      const end = held.indexOf(END, at);
      if (end < 0) break;
      const line = held.toString('latin1', at, end).split(' ');
      if (line[0] === 'MSG' || line[0] === 'HMSG') {
        const length = Number(field(line, -1));
        if (held.length < end + 4 + length) break;
        const head = line[0] === 'HMSG' ? Number(field(line, -2)) : 0;
        const payload = held.toString('latin1', end + 2 + head, end + 2 + length);
        at = end + 4 + length;
        handlers.get(field(line, 2))?.(payload, line.length === (head > 0 ? 6 : 5) ? field(line, 3) : '');
        continue;
      }
      at = end + 2;
      if (line[0] === 'PING') socket.write(`PONG${END}`);
      else if (line[0] === 'PONG') pongs.shift()?.();
      else if (line[0] === '-ERR') throw new Error(line.join(' '));
    }
    held = held.subarray(at);
  });
  let subscriptions = 0;
  const subscribe = (subject: string, handler: Handler): void => {
    const id = String(++subscriptions);
    handlers.set(id, handler);
    socket.write(`SUB ${subject} ${id}${END}`);
  };
  const publish = (subject: string, payload: string, reply = ''): void =>
    void socket.write(
      Buffer.from(`PUB ${subject} ${reply}${reply === '' ? '' : ' '}${payload.length}${END}${payload}${END}`, 'latin1'),
    );
  const flush = (): Promise<void> =>
    new Promise((resolve) => {
      pongs.push(resolve);
      socket.write(`PING${END}`);
    });
  socket.write(`CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"name":"${name}"}${END}`);

  const inbox = `_INBOX.${name}.${process.pid}.${Date.now()}`;
  let requests = 0;
  let untaken = 0;
  const waiting: (() => void)[] = [];
  subscribe(`${inbox}.taken`, () => {
    untaken--;
    if (untaken === 0) for (const tell of waiting.splice(0)) tell();
  });
  const request = async (subject: string, body: unknown): Promise<Record<string, unknown>> => {
    const reply = `${inbox}.r${++requests}`;
    const answer = await new Promise<string>((resolve) => {
      subscribe(reply, resolve);
      publish(subject, JSON.stringify(body), reply);
    });
    const read = JSON.parse(answer) as Record<string, unknown>;
    if (read['error'] !== undefined) throw new Error(answer);
    return read;
  };
  const take: Handler = (payload, reply) => {
    const space = payload.indexOf(' ');
    hear(payload.slice(0, space), payload.slice(space + 1));
    if (reply !== '') publish(reply, '');
  };
  const follow = async (subject: string, consumer: string, from: 'all' | 'new'): Promise<void> => {
    if (!hasStream) {
      subscribe(subject, take);
      await flush();
      return;
    }
    const deliver = `d.${consumer}.${Date.now()}`;
    subscribe(deliver, take);
    await request(`$JS.API.CONSUMER.DURABLE.CREATE.${STREAM}.${consumer}`, {
      stream_name: STREAM,
      config: {
        durable_name: consumer,
        filter_subject: subject,
        deliver_policy: from,
        ack_policy: 'explicit',
        max_ack_pending: 2000,
        deliver_subject: deliver,
      },
    });
  };
  if (hasStream && name === 'hub')
    await request(`$JS.API.STREAM.CREATE.${STREAM}`, {
      name: STREAM,
      subjects: ['u.>', 'g.>'],
      storage: 'file',
      retention: 'limits',
    });
  await follow(`u.${name}`, `U${name}`, 'all');
  const post = (subject: string, line: string): void => {
    if (hasStream) untaken++;
    publish(subject, `${name} ${line}`, hasStream ? `${inbox}.taken` : '');
  };
  return {
    send: (to, line) => post(`u.${to}`, line),
    sendAll: (line) => post('g.all', line),
    gather: async (all) => {
      if (all.includes(name)) await follow('g.all', `G${name}`, 'new');
    },
    taken: async () => {
      if (!hasStream) await flush();
      else if (untaken > 0) await new Promise<void>((resolve) => void waiting.push(resolve));
    },
    close: () =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.end();
      }),
  };
};
