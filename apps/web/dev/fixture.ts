// A Kith in memory, for looking at screens. It answers as the engine's contract says and does nothing else: no crypto, no relay.
// Long because it answers every call there is.
import type {
  Change,
  Contact,
  ContextView,
  DeviceLink,
  DeviceView,
  EventState,
  Invite,
  Kith,
  Linking,
  LockState,
  LogLine,
  Method,
  Methods,
  RecoveryState,
} from '@kith/core/client';

export type Scene =
  | 'empty'
  | 'talk'
  | 'long'
  | 'loading'
  | 'offline'
  | 'error'
  | 'imported'
  | 'rtl'
  | 'edges'
  | 'locked'
  | 'waiting'
  | 'passphrase'
  | 'devices'
  | 'removed'
  | 'wiped'
  | 'recovery'
  | 'disputed'
  | 'strays'
  | 'contexts';

const NOW = Date.now();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const contactOf = (conversation: string, over: Partial<Contact>): Contact => ({
  conversation,
  name: '',
  nameFrom: 'them',
  validity: 'unvalidated',
  state: 'active',
  unread: 0,
  picture: null,
  at: NOW,
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
  ...over,
});

const deviceOf = (device: string, over: Partial<DeviceView>): DeviceView => ({
  device,
  name: '',
  addedAt: NOW - DAY,
  revoked: false,
  thisDevice: false,
  backup: false,
  addedBy: null,
  refusableUntil: null,
  ...over,
});
const others: readonly DeviceView[] = [
  deviceOf('device02', { name: 'Firefox on Android', addedBy: 'device01', addedAt: NOW - 30 * DAY }),
  deviceOf('device03', {
    name: 'server in the cellar, with a rather long name that somebody typed',
    addedBy: 'device02',
    addedAt: NOW - HOUR,
    refusableUntil: NOW + 23 * HOUR,
  }),
  deviceOf('device04', { name: 'Old phone', addedBy: 'device01', addedAt: NOW - 60 * DAY, revoked: true }),
];
const RECOVERY_WORDS: readonly string[] = [
  'river',
  'candle',
  'seven',
  'maple',
  'orbit',
  'linen',
  'absolute',
  'zebra',
  'mountain',
  'pepper',
  'quarter',
  'umbrella',
];
const WORDS: readonly string[] = ['river', 'candle', 'seven', 'maple'];

let serial = 0;
const lineOf = (conversation: string, over: Partial<LogLine>): LogLine => ({
  event: `event${String(serial++).padStart(7, '0')}`,
  conversation,
  author: over.mine === true ? 'me' : 'them',
  authorName: over.mine === true ? '' : 'Blair',
  mine: false,
  kind: 'text',
  text: '',
  sentAt: NOW,
  receivedAt: NOW,
  state: over.mine === true ? 'delivered' : null,
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
  ...over,
});

type Said = readonly [mine: boolean, text: string, ago: number, over?: Partial<LogLine>];
const talk: readonly Said[] = [
  [false, 'Morning! Are we still on for the run?', 2 * DAY + 3 * HOUR],
  [true, 'Yes, 7:00 at the gate. I can bring Charlie.', 2 * DAY + 3 * HOUR - 2 * MINUTE],
  [false, 'Lovely. Has anyone told Dani?', 2 * DAY + 2 * HOUR],
  [
    true,
    'I will introduce you both here, then you can decide.',
    DAY + 4 * HOUR,
    { state: 'read', reactions: [{ emoji: '👍', count: 1, mine: false }] },
  ],
  [false, 'The route is at https://example.org/river-loop?length=8 (the short one), see you there.', DAY + 3 * HOUR],
  [false, 'And bring water.', DAY + 3 * HOUR - MINUTE],
  [true, 'Perfect, see you at the gate.', DAY + 2 * HOUR, { edited: true }],
  [true, 'This one I should not have said.', DAY + HOUR, { deleted: true, text: null }],
  [false, 'Running ten minutes late, sorry!', 25 * MINUTE, { reactions: [{ emoji: '❤️', count: 1, mine: true }] }],
  [true, 'No worries.', 20 * MINUTE, { state: 'sent' }],
  [true, 'Bringing coffee for everyone', 2 * MINUTE, { state: 'waiting' }],
];

interface World {
  contacts: Contact[];
  logs: Map<string, LogLine[]>;
  invites: Invite[];
  requests: { request: string; via: string; at: number }[];
}

const linesOf = (conversation: string, said: readonly Said[]): LogLine[] =>
  said.map(([mine, text, ago, over]) =>
    lineOf(conversation, { mine, text, sentAt: NOW - ago, receivedAt: NOW - ago, ...over }),
  );

function withPreview(contact: Contact, log: readonly LogLine[]): Contact {
  const last = log.findLast(({ kind }) => kind === 'text') ?? null;
  return { ...contact, preview: last, at: last?.sentAt ?? contact.at };
}

const worlds: Record<Scene, () => World> = {
  empty: () => ({ contacts: [], logs: new Map(), invites: [], requests: [] }),
  talk: () => {
    const blair = linesOf('blair', talk);
    const reply = blair[2];
    if (reply !== undefined)
      blair.splice(
        3,
        0,
        lineOf('blair', {
          mine: true,
          text: 'Not yet.',
          starred: true,
          timer: { from: 'reading', seconds: 28_800 },
          goesAt: NOW + 90 * MINUTE,
          sentAt: reply.sentAt + MINUTE,
          reply: { event: reply.event, authorName: 'Blair', text: reply.text },
        }),
      );
    blair.unshift(lineOf('blair', { kind: 'notice', text: null, notice: 'newer', sentAt: NOW - 2 * DAY - 4 * HOUR }));
    const imani = linesOf('imani', [
      [false, 'Your results are in the folder', 5 * HOUR],
      [false, 'Call me when you have read them', 4 * HOUR],
    ]);
    const sam = linesOf('sam', [[true, 'Are you there?', 3 * HOUR, { state: 'failed' }]]);
    return {
      contacts: [
        withPreview(contactOf('blair', { name: 'Blair', waitingSince: NOW - 2 * MINUTE }), blair),
        withPreview(
          contactOf('imani', {
            name: 'Dr. Imani',
            nameFrom: 'me',
            unread: 2,
            validity: 'validated',
            pinned: true,
            muted: true,
          }),
          imani,
        ),
        contactOf('club', {
          name: 'Running club',
          nameFrom: 'label',
          state: 'invited',
          at: NOW - DAY,
          wordsReady: false,
        }),
        withPreview(contactOf('sam', { name: 'Sam', validity: 'compromised' }), sam),
        contactOf('dani', { name: 'Dani Okonkwo-Fernández', draft: 'I wanted to ask you whether', at: NOW - 3 * DAY }),
        contactOf('ended', { name: 'Old flat', state: 'ended', archived: true, at: NOW - 20 * DAY }),
        contactOf('nobody', { name: '', nameFrom: 'none', at: NOW - 30 * DAY }),
      ],
      logs: new Map([
        ['blair', blair],
        ['imani', imani],
        ['sam', sam],
      ]),
      invites: [],
      requests: [
        { request: 'r1', via: 'Street fair', at: NOW - 10 * MINUTE },
        { request: 'r2', via: '', at: NOW - DAY },
      ],
    };
  },
  long: () => {
    const log = Array.from({ length: 5_000 }, (_, index) =>
      lineOf('blair', {
        mine: index % 3 === 0,
        text: `Message ${index}: ${'words and more words '.repeat(index % 7)}`,
        sentAt: NOW - (5_000 - index) * 7 * MINUTE,
      }),
    );
    const many = Array.from({ length: 200 }, (_, index) =>
      contactOf(`c${index}`, { name: `Person ${index}`, at: NOW - index * HOUR, unread: index % 9 === 0 ? 3 : 0 }),
    );
    return {
      contacts: [withPreview(contactOf('blair', { name: 'Blair' }), log), ...many],
      logs: new Map([['blair', log]]),
      invites: [],
      requests: [],
    };
  },
  loading: () => worlds.talk(),
  offline: () => worlds.talk(),
  error: () => worlds.talk(),
  locked: () => worlds.talk(),
  waiting: () => worlds.talk(),
  passphrase: () => worlds.talk(),
  devices: () => worlds.talk(),
  removed: () => worlds.talk(),
  recovery: () => worlds.talk(),
  disputed: () => worlds.talk(),
  strays: () => worlds.talk(),
  contexts: () => {
    const { contacts, ...rest } = worlds.talk();
    const where = new Map([
      ['blair', 'work'],
      ['imani', 'school'],
      ['sam', 'work'],
    ]);
    return {
      ...rest,
      contacts: contacts.map((one) => ({ ...one, context: where.get(one.conversation) ?? null })),
    };
  },
  wiped: () => worlds.empty(),
  imported: () => {
    const { contacts, ...rest } = worlds.talk();
    const log = linesOf('old', talk).map((line) => ({ ...line, mark: 'imported' as const, state: null }));
    const old = contactOf('old', {
      name: 'Imported: Blair',
      nameFrom: 'label',
      state: 'ended',
      imported: true,
      deviceOnly: true,
      wordsReady: false,
    });
    return { ...rest, contacts: [withPreview(old, log), ...contacts], logs: new Map([...rest.logs, ['old', log]]) };
  },
  rtl: () => {
    const log = linesOf('blair', [
      [false, 'صباح الخير! هل ما زلنا على موعدنا؟', DAY],
      [true, 'نعم، الساعة 7:00 عند البوابة https://example.org/a', HOUR],
      [false, 'Mixed: שלום and English 123', MINUTE],
    ]);
    return {
      contacts: [withPreview(contactOf('blair', { name: 'ليلى' }), log)],
      logs: new Map([['blair', log]]),
      invites: [],
      requests: [],
    };
  },
  edges: () => {
    const log = linesOf('blair', [
      [false, '<b>not bold</b> <img src=x onerror=alert(1)> javascript:alert(1)', HOUR],
      [false, `${'verylongwordwithoutanyspace'.repeat(20)}`, HOUR - MINUTE],
      [true, `${'A long text. '.repeat(300)}`, 30 * MINUTE],
      [
        false,
        'https://user:pass@evil.example/ is not a link, http://example.org/a(b)c. is one',
        20 * MINUTE,
        { gap: true },
      ],
      [
        true,
        '👩‍👩‍👧‍👦',
        10 * MINUTE,
        { reactions: [...'👍❤😂😮😢🙏'].map((emoji) => ({ emoji, count: 2, mine: emoji === '😂' })) },
      ],
    ]);
    return {
      contacts: [
        withPreview(
          contactOf('blair', {
            name: 'A very long name of somebody who filled in all sixty-four letters',
            waitingSince: NOW - MINUTE,
          }),
          log,
        ),
      ],
      logs: new Map([['blair', log]]),
      invites: [],
      requests: [],
    };
  },
};

const fail = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

export function createFixture(scene: Scene) {
  let lock: LockState = {
    passphrase: scene === 'locked' || scene === 'waiting' || scene === 'passphrase',
    locked: scene === 'locked' || scene === 'waiting',
    waitUntil: scene === 'waiting' ? NOW + 3_600_000 : null,
  };
  const locked = (now: boolean): LockState => {
    lock = { ...lock, locked: now };
    tell({ type: 'lock', locked: now });
    return lock;
  };
  let devices: readonly DeviceView[] = [
    deviceOf('device01', {
      name: scene === 'devices' || scene === 'disputed' || scene === 'strays' ? 'Laptop' : '',
      thisDevice: true,
      addedAt: NOW - 90 * DAY,
    }),
    ...(scene === 'devices' || scene === 'disputed' ? others : []),
  ];
  let linking: Linking = {
    link: null,
    joining: null,
    history: null,
    removed:
      scene === 'removed'
        ? { at: NOW - HOUR, wiped: false }
        : scene === 'wiped'
          ? { at: NOW - HOUR, wiped: true }
          : null,
  };
  let recovery: RecoveryState = {
    made: scene === 'recovery' || scene === 'disputed',
    madeAt: scene === 'recovery' || scene === 'disputed' ? NOW - 20 * DAY : null,
    keysLeft: scene === 'recovery' ? 3 : 200,
    ready: scene === 'recovery' ? 4 : 0,
    without: 2,
    waiting:
      scene === 'disputed'
        ? [{ conversation: 'blair', device: 'device03', thisDevice: false, ours: false, from: NOW + 5 * DAY }]
        : [],
    contested:
      scene === 'disputed' ? ['device01', 'device03'].map((device) => ({ conversation: 'blair', device })) : [],
  };
  let contexts: readonly Omit<ContextView, 'conversations'>[] =
    scene === 'contexts'
      ? [
          { context: 'school', label: 'Evening school for everybody in town', hue: 3, name: '', picture: null },
          { context: 'work', label: 'Work', hue: 1, name: 'Dr. B. Okonkwo', picture: null },
        ]
      : [];
  const viewOf = (one: Omit<ContextView, 'conversations'>): ContextView => ({
    ...one,
    conversations: world.contacts.filter(({ context }) => context === one.context).length,
  });
  const setContext = (next: Omit<ContextView, 'conversations'>): ContextView => {
    contexts = [...contexts.filter(({ context }) => context !== next.context), next];
    tell({ type: 'contexts' });
    return viewOf(next);
  };
  let strays: Methods['device.strays']['result'] =
    scene === 'strays'
      ? [
          { conversation: 'blair', device: 'stray01', addedAt: NOW - DAY, addedBy: 'device01', disputed: false },
          { conversation: 'imani', device: 'stray02', addedAt: 0, addedBy: null, disputed: false },
        ]
      : [];
  let merged: Methods['contact.merged']['result'] = [];
  const setRecovery = (over: Partial<RecoveryState>): RecoveryState => {
    recovery = { ...recovery, ...over };
    tell({ type: 'devices' });
    return recovery;
  };
  /** The engine knows words from a slip of the pen; these know one. */
  const checkWords = (words: string): void => {
    if (words.split(/\s+/u).length !== 12) fail('bad-words');
    if (words !== RECOVERY_WORDS.join(' ')) fail('wrong-words');
  };
  const setLinking = (over: Partial<Linking>): Linking => {
    linking = { ...linking, ...over };
    tell({ type: 'devices' });
    return linking;
  };
  const setLink = (link: DeviceLink): DeviceLink => {
    setLinking({ link });
    return link;
  };
  const changeLink = (over: Partial<DeviceLink>): void => {
    if (linking.link !== null) setLink({ ...linking.link, ...over });
  };
  const world = worlds[scene]();
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  let profile: Methods['profile.get']['result'] = { name: '', picture: null };
  const settings = new Map([
    ['read-receipts', 'off'],
    ['typing', 'off'],
    ['enter-sends', 'on'],
    ['theme', 'system'],
    ['notifications', 'off'],
    ['hints', 'on'],
  ]);
  let relays: Methods['relay.list']['result'] = [
    {
      url: 'http://localhost:4680',
      reachable: scene !== 'offline',
      latencyMs: scene === 'offline' ? null : 4.2,
      roles: ['live', 'mailbox'],
      load: 0,
    },
  ];
  const contact = (conversation: string): Contact =>
    world.contacts.find((known) => known.conversation === conversation) ?? fail('unknown-conversation');
  const change = (conversation: string, over: Partial<Contact>): Contact => {
    const next = { ...contact(conversation), ...over };
    world.contacts = world.contacts.map((known) => (known.conversation === conversation ? next : known));
    tell({ type: 'contacts' });
    return next;
  };
  const logOf = (conversation: string): LogLine[] => {
    const known = world.logs.get(conversation) ?? [];
    world.logs.set(conversation, known);
    return known;
  };
  const amend = (conversation: string, event: string, over: Partial<LogLine>): LogLine => {
    const log = logOf(conversation);
    const index = log.findIndex((line) => line.event === event);
    const line = log[index] ?? fail('unknown-event');
    const next = { ...line, ...over };
    log[index] = next;
    tell({ type: 'conversation', conversation });
    return next;
  };
  const add = (conversation: string, over: Partial<LogLine>): LogLine => {
    const at = Date.now();
    const line = lineOf(conversation, { sentAt: at, receivedAt: at, ...over });
    logOf(conversation).push(line);
    change(conversation, { preview: line, at, unread: contact(conversation).unread + (line.mine ? 0 : 1) });
    tell({ type: 'conversation', conversation });
    tell({ type: 'events', events: [line], cursor: null });
    return line;
  };
  const status = (): Methods['status']['result'] => ({
    device: 'device01',
    created: true,
    version: '0.1.0',
    relays: relays.map(({ url }) => url),
    connection: scene === 'offline' ? 'offline' : 'online',
    pending: 0,
  });
  const invitePreview = (link: string): Methods['invite.preview']['result'] => {
    if (!link.includes('i#')) fail('bad-link');
    for (const code of [
      'invite-expired',
      'invite-used',
      'invite-invalid',
      'no-relay',
      'bad-link',
      'own-invite',
      'words-needed',
    ])
      if (link.endsWith(code)) fail(code);
    const accepted = link.endsWith('accepted');
    return {
      state: accepted ? 'accepted' : 'open',
      name: link.endsWith('unnamed') ? '' : 'Alice',
      reusable: link.endsWith('many'),
      expires: NOW + DAY,
      conversation: accepted ? 'blair' : null,
    };
  };

  const methods: { [M in Method]: (params: Methods[M]['params']) => Methods[M]['result'] } = {
    status,
    'profile.get': () => profile,
    'profile.set': (params) => {
      profile = { ...profile, ...params };
      tell({ type: 'profile' });
      return profile;
    },
    'invite.create': ({ reusable = false, label = '', expiresMs = 7 * DAY, context = null }) => {
      if (scene === 'offline') fail('no-relay');
      const conversation = reusable ? null : `invited${world.invites.length}`;
      const invite: Invite = {
        invite: `invite${world.invites.length}`,
        link: `http://localhost:4680/i#AQAb7Yk0dGhlIGhhc2ggb2YgdGhlIGludml0YXRpb24ga2V5${world.invites.length}c2VjcmV0`,
        conversation,
        expires: NOW + expiresMs,
        reusable,
        label,
        context,
        uses: 0,
        state: 'open',
        localOnly: true,
        contested: false,
      };
      world.invites.push(invite);
      if (conversation !== null)
        world.contacts.push(
          contactOf(conversation, {
            state: 'invited',
            name: label,
            nameFrom: label === '' ? 'none' : 'label',
            wordsReady: false,
            context,
          }),
        );
      tell({ type: 'invites' });
      tell({ type: 'contacts' });
      return invite;
    },
    'invite.preview': ({ link }) => invitePreview(link),
    'invite.accept': ({ link, context = null }) => {
      invitePreview(link);
      world.contacts.push(contactOf('alice', { name: 'Alice', wordsReady: false, at: Date.now(), context }));
      tell({ type: 'contacts' });
      return { conversation: 'alice', state: 'active' };
    },
    'invite.list': () => [...world.invites],
    'invite.revoke': ({ invite }) => {
      world.invites = world.invites.map((known) => (known.invite === invite ? { ...known, state: 'revoked' } : known));
      tell({ type: 'invites' });
      return world.invites.find((known) => known.invite === invite) ?? fail('unknown-invite');
    },
    'request.list': () => [...world.requests],
    'request.answer': ({ request, answer }) => {
      world.requests = world.requests.filter((known) => known.request !== request);
      if (answer === 'accept') world.contacts.push(contactOf(request, { name: 'Robin', at: Date.now() }));
      tell({ type: 'requests' });
      tell({ type: 'contacts' });
      return {
        conversation: request,
        state: answer === 'accept' ? 'active' : answer === 'block' ? 'blocked' : 'ended',
      };
    },
    'context.list': () => contexts.map(viewOf).toSorted((a, b) => (a.label < b.label ? -1 : 1)),
    'context.create': ({ label, hue, name }) => {
      if (contexts.some((one) => one.label === label)) fail('context-exists');
      return setContext({
        context: `c${serial++}`,
        label,
        hue: hue ?? contexts.length,
        name: name ?? '',
        picture: null,
      });
    },
    'context.change': ({ context, ...over }) => {
      const known = contexts.find((one) => one.context === context) ?? fail('unknown-context');
      return setContext({ ...known, ...over });
    },
    'context.remove': ({ context }) => {
      contexts = contexts.filter((one) => one.context !== context);
      tell({ type: 'contexts' });
      return contexts.map(viewOf);
    },
    'contact.context': ({ conversation, context }) => change(conversation, { context }),
    'contact.list': () => (scene === 'error' ? fail('disk-failed') : [...world.contacts]),
    'contact.rename': ({ conversation, name }) => change(conversation, { name, nameFrom: 'me' }),
    'contact.block': ({ conversation }) => change(conversation, { state: 'blocked' }),
    'contact.unblock': ({ conversation }) => change(conversation, { state: 'active' }),
    'contact.end': ({ conversation }) => change(conversation, { state: 'ended' }),
    'contact.devices': () => [
      { device: 'b1', addedAt: NOW - 40 * DAY, removed: false, disputed: scene === 'disputed', later: false },
      { device: 'b2', addedAt: NOW - DAY, removed: false, disputed: scene === 'disputed', later: true },
    ],
    'contact.words': ({ conversation }) => ({
      words: contact(conversation).wordsReady
        ? ['river', 'candle', 'seven', 'maple', 'orbit', 'linen']
        : fail('words-not-ready'),
    }),
    'contact.mark': ({ conversation, validity }) => {
      change(conversation, { validity });
      return { conversation, validity };
    },
    'contact.checkCode': ({ conversation }) => ({ code: `kith:c#${conversation}-0123456789abcdef` }),
    'contact.checkScan': ({ code }) => ({ match: code.includes('0123456789abcdef') }),
    send: ({ conversation, text, reply }) => {
      const original = logOf(conversation).find(({ event }) => event === reply);
      const line = add(conversation, {
        mine: true,
        text,
        state: 'waiting',
        reply:
          original === undefined
            ? null
            : { event: original.event, authorName: original.authorName, text: original.text },
      });
      if (scene !== 'offline') {
        const later: readonly (readonly [EventState, number])[] = [
          ['sent', 150],
          ['delivered', 400],
        ];
        for (const [state, after] of later) setTimeout(() => amend(conversation, line.event, { state }), after);
      }
      return { event: line.event, state: 'waiting' };
    },
    edit: ({ conversation, event, text }) => ({
      event: amend(conversation, event, { text, edited: true }).event,
      state: 'waiting',
    }),
    react: ({ conversation, event, emoji, off = false }) => {
      const { reactions } = logOf(conversation).find((line) => line.event === event) ?? fail('unknown-event');
      const others = reactions.filter((known) => known.emoji !== emoji);
      amend(conversation, event, { reactions: off ? others : [...others, { emoji, count: 1, mine: true }] });
      return { event, state: 'waiting' };
    },
    delete: ({ conversation, event, forAll = false }) => {
      if (forAll) amend(conversation, event, { deleted: true, text: null });
      else {
        world.logs.set(
          conversation,
          logOf(conversation).filter((line) => line.event !== event),
        );
        tell({ type: 'conversation', conversation });
      }
      return { event, deleted: true };
    },
    read: ({ conversation }) => {
      change(conversation, { unread: 0 });
      return { conversation, unread: 0 };
    },
    log: ({ conversation, limit = 50, before, after, around, oldest }) => {
      const log = logOf(conversation);
      const at = (event: string): number => log.findIndex((line) => line.event === event);
      if (before !== undefined) return log.slice(Math.max(0, at(before) - limit), at(before));
      if (after !== undefined) return log.slice(at(after) + 1, at(after) + 1 + limit);
      if (oldest === true) return log.slice(0, limit);
      if (around === undefined) return log.slice(-limit);
      const from = Math.max(0, Math.min(log.length - limit, at(around) - Math.floor(limit / 2)));
      return log.slice(from, from + limit);
    },
    search: ({ query, in: within, limit = 50 }) =>
      [...world.logs.values()]
        .flat()
        .filter(
          (line) =>
            (within === undefined || line.conversation === within) &&
            line.text?.toLowerCase().includes(query.toLowerCase()) === true,
        )
        .slice(0, limit),
    'log.verify': () => [],
    transcript: () => ({ objects: Uint8Array.of(0x80), cursor: null }),
    'import.lines': () => ({ added: 0, conversations: [] }),
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
    'restore.finish': () => ({ conversations: [], events: 0 }),
    'restore.cancel': () => ({}),
    'draft.set': ({ conversation, text }) => {
      change(conversation, { draft: text });
      return { conversation, text };
    },
    typing: () => ({}),
    'star.list': () => [...world.logs.values()].flat().filter(({ starred }) => starred),
    star: ({ conversation, event, off = false }) => {
      amend(conversation, event, { starred: !off });
      return { event, starred: !off };
    },
    set: ({ key, value, in: within }) => {
      if (key !== undefined && value !== undefined && within !== undefined) {
        if (key === 'pinned' || key === 'muted' || key === 'archived') change(within, { [key]: value === 'on' });
        if (key === 'timer') change(within, { timer: value === 'off' ? null : { from: 'reading', seconds: 3_600 } });
      } else if (key !== undefined && value !== undefined) {
        settings.set(key, value);
        tell({ type: 'settings' });
      }
      return [...settings].map(([name, held]) => ({ key: name, value: held, default: '' }));
    },
    'relay.list': () => relays,
    'relay.add': ({ url }) => {
      if (!url.startsWith('http')) fail('bad-url');
      relays = [...relays, { url, reachable: false, latencyMs: null, roles: [], load: null }];
      return relays;
    },
    'relay.remove': ({ url }) => (relays = relays.filter((relay) => relay.url !== url)),
    sync: () => ({ sent: 0, received: 0, pending: 0 }),
    'device.list': () => [...devices],
    'device.link': ({ code = false }) => {
      if (scene === 'offline') fail('no-relay');
      return setLink({
        link: code
          ? ''
          : 'http://localhost:4680/d#AQDb7Yk0dGhlIGhhc2ggb2YgdGhlIGxpbmsga2V5IGFuZCBpdHMgc2VjcmV0IHRvby4u',
        code: code ? '4f7k-9m2p-x3ht' : null,
        expires: Date.now() + 5 * MINUTE,
        state: 'open',
        words: null,
        second: false,
        name: '',
      });
    },
    'device.join': ({ link }) => {
      for (const code of ['link-expired', 'link-used', 'no-relay', 'bad-link']) if (link.endsWith(code)) fail(code);
      setLinking({ joining: { state: 'waiting', words: null } });
      return { device: 'device01', state: 'waiting' };
    },
    'device.linking': () => linking,
    'device.confirm': ({ words }) => {
      if (words !== WORDS.join(' ')) fail('words-differ');
      const { joining } = linking;
      if (joining !== null) setLinking({ joining: { state: 'waiting', words: WORDS } });
      else {
        devices = [...devices, deviceOf('device09', { name: 'Phone', addedBy: 'device01', addedAt: Date.now() })];
        changeLink({ state: 'done' });
      }
      return { device: 'device09' };
    },
    'device.refuse': () => {
      if (linking.link !== null) changeLink({ state: 'refused' });
      return setLinking({ joining: null });
    },
    'device.revoke': ({ device, words }) => {
      if (words !== undefined) {
        checkWords(words);
        setRecovery({ contested: [] });
      }
      devices = devices.map((one) => (one.device === device ? { ...one, revoked: true, refusableUntil: null } : one));
      tell({ type: 'devices' });
      return devices;
    },
    'device.strays': () => [...strays],
    'device.removeStrays': () => {
      strays = [];
      tell({ type: 'devices' });
      return strays;
    },
    'contact.merge': ({ conversation, with: other }) => {
      merged = [...merged, { head: conversation, conversations: [conversation, other] }];
      tell({ type: 'contacts' });
      return merged;
    },
    'contact.merged': () => merged,
    'recovery.invite': () => ({ link: 'http://localhost:4680/i#abc', expires: NOW + DAY }),
    'recovery.use': ({ words }) => {
      checkWords(words);
      if (!world.contacts.some(({ conversation }) => conversation === 'blair'))
        world.contacts.push(contactOf('blair', { name: 'Blair', at: Date.now() }));
      tell({ type: 'contacts' });
      return { conversation: 'blair', state: 'waiting' };
    },
    'recovery.create': ({ words }) => {
      if (words !== undefined) checkWords(words);
      if (words !== undefined) setRecovery({ keysLeft: 200 });
      return { words: words === undefined ? RECOVERY_WORDS : [] };
    },
    'recovery.confirm': ({ words }) => {
      checkWords(words);
      return setRecovery({ made: true, madeAt: Date.now(), keysLeft: 200 });
    },
    'recovery.state': () => recovery,
    'recovery.refuse': () => setRecovery({ waiting: [] }),
    'device.name': ({ name }) => {
      devices = devices.map((one) => (one.thisDevice ? { ...one, name } : one));
      tell({ type: 'devices' });
      return devices;
    },
    'lock.state': () => lock,
    'lock.touch': () => lock,
    'lock.now': () => locked(true),
    'lock.unlock': ({ passphrase }) => (passphrase === 'wrong' ? fail('wrong-passphrase') : locked(false)),
    'lock.set': ({ next }) => (lock = { ...lock, passphrase: next !== null }),
    'lock.duress': () => lock,
    'events.since': () => ({ events: [], cursor: '' }),
  };

  const kith: Kith = {
    async call(method, params) {
      await Promise.resolve();
      if (lock.locked && !method.startsWith('lock.')) fail('locked');
      if (scene === 'loading') return new Promise(() => undefined);
      await Promise.resolve();
      return structuredClone(methods[method](params));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => undefined,
  };
  /** What tests do from outside: somebody writes, arrives, or starts to type. */
  return {
    kith,
    receive: (conversation: string, text: string) => void add(conversation, { text }),
    arrive: (conversation: string, name: string) =>
      void change(conversation, { state: 'active', name, nameFrom: 'them', wordsReady: true }),
    /** Another device follows the link; then both show words. */
    follow: (name: string, second = false) => changeLink({ state: 'words', name, second }),
    showWords: () => {
      if (linking.joining === null) changeLink({ words: WORDS });
      else setLinking({ joining: { state: 'words', words: WORDS } });
    },
    letIn: () => {
      devices = [...devices.map((one) => ({ ...one, addedBy: 'device02' })), ...others];
      setLinking({ joining: null, history: { left: 750, of: 1_000 } });
    },
    historyDone: () => void setLinking({ history: null }),
    change: (conversation: string, over: Partial<Contact>) => void change(conversation, over),
  };
}
export type Fixture = ReturnType<typeof createFixture>;
