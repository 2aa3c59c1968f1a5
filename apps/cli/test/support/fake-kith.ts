// An engine of plain tables, at the port between commands and engine: for what commands parse, find and print.
import {
  KithError,
  type Change,
  type Contact,
  type ContextView,
  type DeviceView,
  type Invite,
  type Kith,
  type LockState,
  type LogLine,
  type Method,
  type Methods,
  type RecoveryState,
  type StrayDevice,
} from '@kith/core/client';

const AT = Date.UTC(2026, 10, 21, 9, 5, 7, 89);
const FAR = AT + 7 * 86_400_000;

export const contact = (conversation: string, name: string): Contact => ({
  conversation,
  name,
  nameFrom: name === '' ? 'none' : 'me',
  validity: 'unvalidated',
  state: 'active',
  unread: 0,
  picture: null,
  at: AT,
  preview: null,
  draft: '',
  typing: false,
  waitingSince: null,
  wordsReady: true,
  imported: false,
  deviceOnly: false,
  context: null,
  muted: false,
  pinned: false,
  archived: false,
  timer: null,
});

export const line = (conversation: string, event: string, text: string | null): LogLine => ({
  event,
  conversation,
  author: 'author-1',
  authorName: 'Blair',
  mine: false,
  kind: 'text',
  text,
  sentAt: AT,
  receivedAt: AT + 1,
  state: null,
  edited: false,
  deleted: false,
  reply: null,
  reactions: [],
  target: null,
  emoji: null,
  timer: null,
  goesAt: null,
  starred: false,
  gap: false,
  mark: null,
  notice: null,
});

const invite = (id: string): Invite => ({
  invite: id,
  link: 'http://localhost:4680/i#abc',
  conversation: 'kT3x9aBlair0000000000A',
  expires: FAR,
  reusable: false,
  label: '',
  context: null,
  uses: 0,
  state: 'open',
  localOnly: true,
  contested: false,
});

export class FakeKith implements Kith {
  readonly contacts: Contact[] = [
    contact('kT3x9aBlair0000000000A', 'Blair'),
    contact('kT3x9aSam00000000000AA', 'Sam'),
    contact('Qq81_-Sam00000000000BB', 'Sam'),
    contact('ZZZZZZnobody000000000C', ''),
  ];
  readonly context: ContextView = {
    context: 'c1ub00000000',
    label: 'club',
    hue: 3,
    name: 'Captain',
    picture: null,
    conversations: 1,
  };
  readonly merged = [
    { head: 'kT3x9aSam00000000000AA', conversations: ['kT3x9aSam00000000000AA', 'Qq81_-Sam00000000000BB'] },
  ];
  strays: readonly StrayDevice[] = [
    { conversation: 'kT3x9aBlair0000000000A', device: 'stray-1', addedAt: AT, addedBy: 'device-1', disputed: false },
  ];
  readonly recovery: RecoveryState = {
    made: false,
    madeAt: null,
    keysLeft: 0,
    ready: 0,
    without: 1,
    waiting: [],
    contested: [],
  };
  readonly devices: readonly DeviceView[] = [
    {
      device: 'device-1',
      name: '',
      addedAt: AT,
      revoked: false,
      thisDevice: true,
      backup: false,
      addedBy: null,
      refusableUntil: null,
    },
    {
      device: 'device-2',
      name: 'phone',
      addedAt: AT,
      revoked: false,
      thisDevice: false,
      backup: false,
      addedBy: 'device-1',
      refusableUntil: FAR,
    },
  ];
  readonly logs = new Map<string, LogLine[]>([
    [
      'kT3x9aBlair0000000000A',
      [
        line('kT3x9aBlair0000000000A', 'dq0Zk3first0000000000A', 'one'),
        line('kT3x9aBlair0000000000A', 'dq0Zk3second000000000A', 'two'),
      ],
    ],
  ]);
  readonly asked: { readonly method: Method; readonly params: object }[] = [];
  readonly #listeners = new Set<(change: Change) => void>();
  closed = false;
  lock: LockState = { passphrase: true, locked: false, waitUntil: null };

  readonly #methods: {
    [M in Method]: (params: Methods[M]['params']) => Methods[M]['result'] | Promise<Methods[M]['result']>;
  } = {
    status: () => ({
      device: 'device-1',
      created: true,
      version: '0.1.0',
      relays: ['http://localhost:4680'],
      connection: 'online',
      pending: 0,
    }),
    'profile.get': () => ({ name: 'Alice', picture: Uint8Array.of(0xff, 0xd8) }),
    'profile.set': ({ name, picture }) => ({ name: name ?? 'Alice', picture: picture ?? null }),
    'invite.create': ({ reusable, label }) => ({
      ...invite('inv-created-1'),
      reusable: reusable ?? false,
      label: label ?? '',
      conversation: reusable === true ? null : 'kT3x9aBlair0000000000A',
    }),
    'invite.preview': () => ({ state: 'open', name: 'Blair', reusable: false, expires: FAR, conversation: null }),
    'invite.accept': ({ link }) => {
      if (!link.includes('#')) throw new KithError('bad-link');
      return { conversation: 'kT3x9aBlair0000000000A', state: 'invited' };
    },
    'invite.list': () => [invite('inv-open-000001'), { ...invite('inv-open-000002'), state: 'used', uses: 1 }],
    'invite.revoke': ({ invite: id }) => ({ ...invite(id), state: 'revoked' }),
    'request.list': () => [{ request: 'req-0000000001', via: 'shop', at: AT }],
    'request.answer': ({ answer }) => ({
      conversation: 'kT3x9aBlair0000000000A',
      state: answer === 'accept' ? 'active' : 'blocked',
    }),
    'context.list': () => [this.context],
    'context.create': ({ label, hue, name }) => ({ ...this.context, label, hue: hue ?? 0, name: name ?? '' }),
    'context.change': ({ context: _, ...change }) => ({ ...this.context, ...change }),
    'context.remove': () => [],
    'contact.context': ({ conversation, context }) => ({ ...this.#contact(conversation), context }),
    'contact.list': () => this.contacts,
    'contact.rename': ({ conversation, name }) => ({ ...this.#contact(conversation), name }),
    'contact.block': ({ conversation }) => ({ ...this.#contact(conversation), state: 'blocked' }),
    'contact.unblock': ({ conversation }) => this.#contact(conversation),
    'contact.end': ({ conversation }) => ({ ...this.#contact(conversation), state: 'ended' }),
    'contact.devices': () => [
      { device: 'd1', addedAt: 1_767_225_600_000, removed: false, disputed: false, later: false },
    ],
    'contact.words': () => ({ words: ['apple', 'river', 'stone', 'cloud', 'tiger', 'lamp'] }),
    'contact.mark': (params) => params,
    'contact.checkCode': () => ({ code: 'code' }),
    'contact.checkScan': () => ({ match: true }),
    send: ({ conversation, text }) => {
      const event = `sent${String(this.asked.length).padStart(18, '0')}`;
      const now = { ...line(conversation, event, text), mine: true, state: 'waiting' as const };
      this.logs.set(conversation, [...(this.logs.get(conversation) ?? []), now]);
      this.tell({ type: 'events', events: [now], cursor: null });
      return { event, state: 'waiting' };
    },
    edit: ({ event }) => ({ event: this.#known(event), state: 'sent' }),
    react: ({ event }) => ({ event: this.#known(event), state: 'sent' }),
    star: ({ event, off }) => ({ event: this.#known(event), starred: off !== true }),
    'star.list': () => [...this.logs.values()].flat(),
    delete: ({ event }) => ({ event: this.#known(event), deleted: true }),
    read: ({ conversation }) => ({ conversation, unread: 0 }),
    log: ({ conversation, limit = 50, before, after, oldest }) => {
      const all = this.logs.get(conversation) ?? [];
      if (oldest === true) return all.slice(0, limit);
      if (after !== undefined) return all.slice(all.findIndex(({ event }) => event === after) + 1).slice(0, limit);
      const end = before === undefined ? all.length : all.findIndex(({ event }) => event === before);
      if (end === -1) throw new KithError('unknown-event');
      return all.slice(Math.max(0, end - limit), end);
    },
    search: ({ query }) => [...this.logs.values()].flat().filter(({ text }) => text?.includes(query)),
    'log.verify': () => [],
    transcript: () => ({ objects: Uint8Array.of(0x80), cursor: null }),
    'import.lines': () => ({ added: 1, conversations: ['kT3x9aBlair0000000000A'] }),
    'import.remove': () => ({}),
    'backup.plan': () => ({
      backup: new Uint8Array(16),
      salt: new Uint8Array(16),
      operations: 1,
      memory: 8192,
      resumes: false,
    }),
    'backup.begin': () => ({ header: new Uint8Array(256), next: 0 }),
    'backup.part': ({ index }) => ({ part: index === 0 ? new Uint8Array(1_000) : null, of: 1, events: 3 }),
    'backup.end': () => ({}),
    'restore.begin': () => ({ next: 0, whole: false }),
    'restore.part': ({ index }) => ({ next: index + 1, whole: true }),
    'restore.finish': () => ({ conversations: ['kT3x9aBlair0000000000A'], events: 2 }),
    'restore.cancel': () => ({}),
    'draft.set': (params) => params,
    typing: () => ({}),
    set: ({ key, value }) => {
      if (key !== undefined && key !== 'receipts') throw new KithError('bad-setting');
      return [{ key: 'receipts', value: value ?? 'off', default: 'off' }];
    },
    'relay.list': () => [
      { url: 'http://localhost:4680', reachable: false, latencyMs: null, roles: ['mailbox'], load: null },
    ],
    'relay.add': ({ url }) => [{ url, reachable: true, latencyMs: 2, roles: ['mailbox'], load: 0.5 }],
    'relay.remove': () => [],
    sync: () => ({ sent: 1, received: 2, pending: 3 }),
    'lock.state': () => this.lock,
    'lock.touch': () => this.lock,
    'lock.now': () => ({ ...this.lock, locked: true }),
    'lock.unlock': () => this.lock,
    'lock.set': ({ next }) => ({ ...this.lock, passphrase: next !== null }),
    'lock.duress': () => this.lock,
    'device.list': () => this.devices,
    'device.link': ({ code }) => ({
      link: code === true ? '' : 'http://localhost:4680/d#abc',
      code: code === true ? '4f7k-9m2p-x3ht' : null,
      expires: FAR,
      state: 'open',
      words: null,
      second: false,
      name: '',
    }),
    'device.join': () => ({ device: 'device-1', state: 'waiting' }),
    'device.linking': () => ({ link: null, joining: null, removed: null, history: null }),
    'device.confirm': ({ words }) => {
      if (words !== 'river candle seven maple') throw new KithError('words-differ');
      return { device: 'device-2' };
    },
    'device.refuse': () => ({ link: null, joining: null, removed: null, history: null }),
    'device.revoke': ({ device }) =>
      this.devices.map((one) => (one.device === device ? { ...one, revoked: true } : one)),
    'device.strays': () => this.strays,
    'device.removeStrays': () => (this.strays = []),
    'contact.merge': () => this.merged,
    'contact.merged': () => this.merged,
    'recovery.invite': () => ({ link: 'http://localhost:4680/i#abc', expires: FAR }),
    'recovery.use': () => ({ conversation: 'kT3x9aBlair0000000000A', state: 'waiting' }),
    'recovery.create': () => ({ words: Array.from({ length: 12 }, () => 'river') }),
    'recovery.confirm': () => ({ ...this.recovery, made: true, madeAt: AT }),
    'recovery.state': () => this.recovery,
    'recovery.refuse': () => this.recovery,
    'device.name': ({ name }) => this.devices.map((one) => (one.thisDevice ? { ...one, name } : one)),
    'events.since': ({ from }) => {
      const all = [...this.logs.values()].flat();
      if (from === null) return { events: [], cursor: all.at(-1)?.event ?? 'start' };
      const at = all.findIndex(({ event }) => event === from);
      if (at === -1 && from !== 'start') throw new KithError('unknown-event');
      return { events: all.slice(at + 1), cursor: all.at(-1)?.event ?? from };
    },
  };

  async call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    this.asked.push({ method, params });
    return this.#methods[method](params);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #contact(conversation: string): Contact {
    const found = this.contacts.find((each) => each.conversation === conversation);
    if (found === undefined) throw new KithError('unknown-conversation');
    return found;
  }

  #known(event: string): string {
    if (![...this.logs.values()].flat().some((each) => each.event === event)) throw new KithError('unknown-event');
    return event;
  }
}
