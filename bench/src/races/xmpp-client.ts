// XMPP as far as the works need it: SASL PLAIN without TLS on loopback, messages, a room.
import { createConnection, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { OpenClient } from './peer.ts';

const MOST_TRIES = 20;
const TRY_AGAIN_MS = 100;
const MOST_TOLD = 400;
const PAGE = 1000;
const DOMAIN = 'localhost';
const ROOM = `all@rooms.${DOMAIN}`;
/** Codes of XEP-0045. */
const OWN_PRESENCE = 110;
const ROOM_IS_NEW = 201;

interface Refusal {
  readonly refusal: string;
}
const has = (stanza: string, code: number): boolean => new RegExp(`code=['"]${code}['"]`).test(stanza);

/** Whole stanzas of a stream, by counting tags: servers escape `>` in attributes and texts. */
const stanzas = (take: (stanza: string) => void): ((data: string) => void) => {
  let held = '';
  let scan = 0;
  let depth = 0;
  let begin = 0;
  return (data) => {
    held += data;
    for (;;) {
      const open = held.indexOf('<', scan);
      const close = open < 0 ? -1 : held.indexOf('>', open);
      if (close < 0) break;
      scan = close + 1;
      const head = held.slice(open + 1, open + 15);
      if (head.startsWith('?') || head.startsWith('stream:stream') || head.startsWith('/stream:stream')) {
        begin = scan;
        continue;
      }
      if (head.startsWith('/')) depth--;
      else {
        if (depth === 0) begin = open;
        if (held[close - 1] !== '/') depth++;
      }
      if (depth > 0) continue;
      take(held.slice(begin, scan));
      begin = scan;
    }
    held = held.slice(begin);
    scan -= begin;
    begin = 0;
  };
};
const attribute = (stanza: string, name: string): string =>
  new RegExp(`^<[^>]*?\\s${name}=['"]([^'"]*)['"]`).exec(stanza)?.[1] ?? '';
const bodyOf = (stanza: string): string | undefined => {
  const at = stanza.indexOf('<body>');
  return at < 0 ? undefined : stanza.slice(at + 6, stanza.indexOf('</body>', at));
};

export const openClient: OpenClient = async (spot, name, hear) => {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = createConnection({ host: '127.0.0.1', port: Number(spot['port']), noDelay: true }, () =>
      resolve(opening),
    );
    opening.once('error', reject);
  });
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  const features: (() => void)[] = [];
  const answers = new Map<string, (stanza: string) => void>();
  let authenticated: (error?: Error) => void = () => undefined;
  let joined: (answer: 'new' | 'old' | Refusal) => void = () => undefined;
  const take = (stanza: string): void => {
    const from = attribute(stanza, 'from');
    if (stanza.startsWith('<message')) {
      if (attribute(stanza, 'type') === 'error')
        throw new Error(`a message was refused: ${stanza.slice(0, MOST_TOLD)}`);
      const body = bodyOf(stanza);
      if (body === undefined) return;
      if (attribute(stanza, 'type') === 'groupchat') hear(from.slice(from.indexOf('/') + 1), body);
      else hear(from.slice(0, from.indexOf('@')), body);
    } else if (stanza.startsWith('<iq')) {
      const id = attribute(stanza, 'id');
      answers.get(id)?.(stanza);
      answers.delete(id);
    } else if (stanza.startsWith('<presence')) {
      if (attribute(stanza, 'type') === 'error') joined({ refusal: stanza });
      else if (has(stanza, OWN_PRESENCE)) joined(has(stanza, ROOM_IS_NEW) ? 'new' : 'old');
    } else if (stanza.startsWith('<stream:features') || stanza.startsWith('<features')) features.shift()?.();
    else if (stanza.startsWith('<success')) authenticated();
    else if (stanza.startsWith('<failure')) authenticated(new Error(stanza));
  };
  socket.on('data', stanzas(take) as (data: unknown) => void);
  const openStream = (): Promise<void> =>
    new Promise((resolve) => {
      features.push(resolve);
      socket.write(
        `<?xml version='1.0'?><stream:stream to='${DOMAIN}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
      );
    });
  let requests = 0;
  const ask = (type: 'get' | 'set', inner: string, to?: string): Promise<string> =>
    new Promise((resolve) => {
      const id = `i${++requests}`;
      answers.set(id, resolve);
      socket.write(`<iq type='${type}' id='${id}'${to === undefined ? '' : ` to='${to}'`}>${inner}</iq>`);
    });
  await openStream();
  await new Promise<void>((resolve, reject) => {
    authenticated = (error) => (error === undefined ? resolve() : reject(error));
    const plain = Buffer.from(`\0${name}\0x`).toString('base64');
    socket.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  });
  await openStream();
  await ask('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>`);
  socket.write('<presence/>');
  return {
    send: (to, text) => void socket.write(`<message to='${to}@${DOMAIN}' type='chat'><body>${text}</body></message>`),
    sendAll: (text) => void socket.write(`<message to='${ROOM}' type='groupchat'><body>${text}</body></message>`),
    gather: async () => {
      const join = (): Promise<'new' | 'old' | Refusal> =>
        new Promise((resolve) => {
          joined = resolve;
          socket.write(`<presence to='${ROOM}/${name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
        });
      // A room may not have noticed yet that the same name left it.
      let answer = await join();
      for (let tries = 1; typeof answer !== 'string'; answer = await join(), tries++) {
        if (tries === MOST_TRIES) throw new Error(answer.refusal);
        await wait(TRY_AGAIN_MS);
      }
      if (answer === 'old') return;
      // Whoever comes first opens the room to the others.
      const opened = await ask(
        'set',
        `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>`,
        ROOM,
      );
      if (attribute(opened, 'type') === 'error') throw new Error(opened);
    },
    /** Page by page (XEP-0313). */
    history: async () => {
      for (let after = ''; ;) {
        const page = `<set xmlns='http://jabber.org/protocol/rsm'><max>${PAGE}</max>${after}</set>`;
        const answer = await ask('set', `<query xmlns='urn:xmpp:mam:2'>${page}</query>`);
        if (/complete=['"]true['"]/.test(answer)) return;
        const last = /<last>([^<]*)<\/last>/.exec(answer)?.[1];
        if (last === undefined) throw new Error(answer);
        after = `<after>${last}</after>`;
      }
    },
    // Answered after everything that was sent before it.
    taken: async () => void (await ask('get', `<ping xmlns='urn:xmpp:ping'/>`, DOMAIN)),
    close: () =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.end('</stream:stream>');
      }),
  };
};
