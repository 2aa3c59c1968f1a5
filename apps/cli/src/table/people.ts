import { argument, choice, command, flag, maybe, option, type CommandSpec } from './spec.ts';

const CONVERSATION = argument('CONVERSATION');
const CONTACT = ['conversation', 'name', 'validity', 'state', 'unread'];
const INVITE = ['invite', 'link', 'conversation', 'reusable', 'label', 'expires', 'uses', 'state'];
const CONTEXT = ['context', 'label', 'hue', 'name', 'conversations'];
const IN_CONTEXT = option('context', 'NAME', 'in which of your contexts; they see the name you have there');
const HUE = option('hue', 'N', 'the colour of its ring, 0 to 7', { kind: { type: 'count', least: 0, most: 7 } });
const RECOVERY = ['made', 'madeAt', 'keysLeft', 'ready', 'without', 'waiting', 'contested'];
const WORDS_FILE = option('words-file', 'FILE', 'read the recovery words from a file instead of asking');
const DEVICE = ['device', 'name', 'addedAt', 'revoked', 'thisDevice', 'refusableUntil'];
const STARTED = ['conversation', 'state'];

export const PEOPLE: readonly CommandSpec[] = [
  command('init', 'make this home; every other command does it when needed', {
    options: [option('name', 'TEXT', 'what people see')],
    examples: ['kith init --name Alice'],
    fields: ['device', 'created'],
    load: async () => (await import('../actions/profile.ts')).init,
  }),
  command('profile', 'show or change what people see', {
    options: [
      option('name', 'TEXT', 'what people see'),
      option('picture', 'FILE', 'JPEG, PNG or WebP of at most 48 KiB', { kind: { type: 'file' } }),
      option('context', 'NAME', 'of this context only'),
    ],
    examples: ['kith profile --name Alice'],
    fields: ['name', 'picture'],
    load: async () => (await import('../actions/profile.ts')).profile,
  }),
  command('invite create', 'make a link that starts a conversation', {
    options: [
      flag('reusable', 'anyone who has it can ask to reach you, until you revoke it'),
      option('expires', 'TIME', 'how long it works: 30m, 12h, 7d', { kind: { type: 'duration' } }),
      option('label', 'TEXT', 'your own note; shown as a name until there is one'),
      flag('only-here', 'keep the conversation on this device: on no other of yours, in no backup'),
      IN_CONTEXT,
    ],
    examples: ['kith invite create --label Blair', 'kith invite create --reusable --expires 7d'],
    fields: ['invite', 'link', 'conversation', 'expires'],
    load: async () => (await import('../actions/invite.ts')).inviteCreate,
  }),
  command('invite accept', 'start the conversation of a link', {
    arguments: [argument('LINK')],
    options: [
      option('name', 'TEXT', 'what they see of you'),
      flag('only-here', 'keep the conversation on this device: on no other of yours, in no backup'),
      IN_CONTEXT,
    ],
    examples: ["kith invite accept 'https://relay.example/i#…' --name Alice"],
    fields: STARTED,
    load: async () => (await import('../actions/invite.ts')).inviteAccept,
  }),
  command('invite list', 'list your invitations', {
    prints: 'lines',
    fields: INVITE,
    load: async () => (await import('../actions/invite.ts')).inviteList,
  }),
  command('invite revoke', 'take an invitation back', {
    arguments: [argument('INVITE')],
    fields: INVITE,
    load: async () => (await import('../actions/invite.ts')).inviteRevoke,
  }),
  command('request list', 'list those who ask to reach you', {
    prints: 'lines',
    fields: ['request', 'via', 'at'],
    load: async () => (await import('../actions/request.ts')).requestList,
  }),
  ...(['accept', 'decline', 'block'] as const).map((answer) =>
    command(`request ${answer}`, `${answer} a request`, {
      arguments: [argument('REQUEST')],
      fields: STARTED,
      load: async () => (await import('../actions/request.ts')).requestAnswer(answer),
    }),
  ),
  command('contact list', 'list your contacts', {
    prints: 'lines',
    fields: CONTACT,
    load: async () => (await import('../actions/contact.ts')).contactList,
  }),
  command('contact rename', 'give a contact a name of your own', {
    arguments: [CONVERSATION, argument('NAME')],
    examples: ['kith contact rename kT3x9a Blair'],
    fields: CONTACT,
    load: async () => (await import('../actions/contact.ts')).contactRename,
  }),
  ...(
    [
      ['block', 'take nothing more from a contact, and send nothing'],
      ['unblock', 'let a blocked contact reach you again'],
      ['end', 'end the conversation for both sides'],
    ] as const
  ).map(([verb, summary]) =>
    command(`contact ${verb}`, summary, {
      arguments: [CONVERSATION],
      fields: CONTACT,
      load: async () => (await import('../actions/contact.ts')).contactChange(`contact.${verb}`),
    }),
  ),
  command('contact devices', "list a contact's devices, as this conversation knows them", {
    arguments: [CONVERSATION],
    prints: 'lines',
    fields: ['device', 'addedAt', 'removed', 'disputed', 'later'],
    load: async () => (await import('../actions/contact.ts')).contactDevices,
  }),
  command('contact words', 'show six words: the same on both sides when nobody stands between', {
    arguments: [CONVERSATION],
    fields: ['words'],
    load: async () => (await import('../actions/contact.ts')).contactWords,
  }),
  command('contact mark', 'say how far you checked who it is', {
    arguments: [CONVERSATION, argument('VALIDITY', choice('unvalidated', 'validated', 'compromised'))],
    examples: ['kith contact mark Blair validated'],
    fields: ['conversation', 'validity'],
    load: async () => (await import('../actions/contact.ts')).contactMark,
  }),
  command('contact merge', 'say that two conversations are with one person; alone, list those that are', {
    arguments: [maybe('CONVERSATION'), maybe('WITH')],
    examples: ['kith contact merge Blair "Blair at work"'],
    prints: 'lines',
    fields: ['head', 'conversations'],
    load: async () => (await import('../actions/contact.ts')).contactMerge,
  }),
  command('contact context', 'put a conversation into a context: they see its name from now on', {
    arguments: [CONVERSATION, maybe('CONTEXT')],
    options: [flag('none', 'into none')],
    examples: ['kith contact context Blair school', 'kith contact context Blair --none'],
    fields: [...CONTACT, 'context'],
    load: async () => (await import('../actions/contexts.ts')).contactContext,
  }),
  command('context list', 'list your contexts', {
    prints: 'lines',
    fields: CONTEXT,
    load: async () => (await import('../actions/contexts.ts')).contextList,
  }),
  command('context add', 'add a context: home, school, work', {
    arguments: [argument('NAME')],
    options: [option('name', 'TEXT', 'what the people in it see of you'), HUE],
    examples: ['kith context add school --name "Dr. Blair"'],
    fields: CONTEXT,
    load: async () => (await import('../actions/contexts.ts')).contextAdd,
  }),
  command('context change', 'change what a context is called, its hue, or what the people in it see', {
    arguments: [argument('CONTEXT')],
    options: [
      option('label', 'TEXT', 'what you call it'),
      option('name', 'TEXT', 'what the people in it see of you'),
      HUE,
    ],
    examples: ['kith context change school --name "B. Smith"'],
    fields: CONTEXT,
    load: async () => (await import('../actions/contexts.ts')).contextChange,
  }),
  command('context remove', 'remove a context that nothing stands in', {
    arguments: [argument('CONTEXT')],
    fields: CONTEXT,
    load: async () => (await import('../actions/contexts.ts')).contextRemove,
  }),
  command('device list', 'list your devices', {
    prints: 'lines',
    fields: DEVICE,
    load: async () => (await import('../actions/device.ts')).deviceList,
  }),
  command('device link', 'make a link that adds a device of yours: it works once, for 5 minutes', {
    options: [
      option('history', 'SPAN', 'what it gets: all, 30d, none', { kind: choice('all', '30d', 'none') }),
      flag('code', 'a short code to type instead; four words are compared'),
      flag('words', 'compare four words before anything is given'),
    ],
    examples: ['kith device link', 'kith device link --code'],
    fields: ['link', 'code', 'expires'],
    load: async () => (await import('../actions/device.ts')).deviceLink,
  }),
  command('device join', 'make this home a device of yours', {
    arguments: [argument('LINK')],
    options: [
      option('name', 'TEXT', 'what you call this device (the name of this computer)'),
      flag('merge', 'a home that has contacts: they come along, and the two of you become one'),
    ],
    examples: ["kith device join 'https://relay.example/d#…'", 'kith device join 4f7k-9m2p-x3ht --relay URL'],
    fields: ['device', 'state', 'words'],
    load: async () => (await import('../actions/device.ts')).deviceJoin,
  }),
  command('device status', 'say how adding a device is going, and show the words to compare', {
    fields: ['link', 'joining', 'words', 'history', 'removed'],
    load: async () => (await import('../actions/device.ts')).deviceStatus,
  }),
  command('device confirm', 'say that both screens show these four words', {
    arguments: [argument('WORDS')],
    examples: ['kith device confirm "river candle seven maple"'],
    fields: ['device'],
    load: async () => (await import('../actions/device.ts')).deviceConfirm,
  }),
  command('device refuse', 'give up adding a device, or take back one that was added in the last 24 hours', {
    arguments: [maybe('DEVICE')],
    options: [flag('wipe', 'ask it to forget everything')],
    fields: ['device', 'refused'],
    load: async () => (await import('../actions/device.ts')).deviceRefuse,
  }),
  command('device revoke', 'remove a device: it gets nothing new, and what it writes counts nowhere', {
    arguments: [argument('DEVICE')],
    options: [
      flag('refuse', 'nothing it ever did counts; for 24 hours after it was added'),
      flag('wipe', 'ask it to forget everything'),
      flag('words', 'with recovery words, which beat whatever that device says of others'),
      WORDS_FILE,
    ],
    examples: ['kith device revoke phone --wipe'],
    fields: DEVICE,
    load: async () => (await import('../actions/device.ts')).deviceRevoke,
  }),
  command('device strays', 'list devices that are yours in a conversation and not in your list, or remove them', {
    options: [
      flag('remove', 'take all of them out'),
      flag('refuse', 'with --remove: what those did that were added in the last 24 hours counts nowhere'),
    ],
    fields: ['conversation', 'device', 'addedAt', 'addedBy', 'disputed'],
    load: async () => (await import('../actions/device.ts')).deviceStrays,
  }),
  command('device name', 'name this device, for yourself', {
    arguments: [argument('NAME')],
    fields: DEVICE,
    load: async () => (await import('../actions/device.ts')).deviceName,
  }),
  command('recovery create', 'make twelve recovery words, shown this once; `recovery confirm` makes them count', {
    options: [flag('again', 'further keys under the words there are, which are asked for'), WORDS_FILE],
    fields: ['words'],
    load: async () => (await import('../actions/recovery.ts')).recoveryCreate,
  }),
  command('recovery confirm', 'type the new recovery words back from the paper: from then on they count', {
    options: [WORDS_FILE],
    fields: RECOVERY,
    load: async () => (await import('../actions/recovery.ts')).recoveryConfirm,
  }),
  command('recovery status', 'say what the recovery words open, what waits, and which devices are disputed', {
    fields: RECOVERY,
    load: async () => (await import('../actions/recovery.ts')).recoveryStatus,
  }),
  command('recovery refuse', 'say that it was not you who set the recovery words that wait', {
    fields: RECOVERY,
    load: async () => (await import('../actions/recovery.ts')).recoveryRefuse,
  }),
  command('recovery invite', 'make an invitation for a contact who lost every device', {
    arguments: [CONVERSATION],
    examples: ['kith recovery invite Blair'],
    fields: ['link', 'expires'],
    load: async () => (await import('../actions/recovery.ts')).recoveryInvite,
  }),
  command('recovery use', 'come back into a conversation with your recovery words', {
    arguments: [argument('LINK')],
    options: [flag('keep', 'leave your other devices in it'), WORDS_FILE],
    examples: ["kith recovery use 'https://relay.example/i#…' --words-file words.txt"],
    fields: ['conversation', 'state'],
    load: async () => (await import('../actions/recovery.ts')).recoveryUse,
  }),
  ...(['create', 'invite', 'members', 'role', 'remove', 'ban', 'policy', 'log'] as const).map((verb) =>
    command(`room ${verb}`, 'groups and rooms', { arguments: [maybe('NAME')] }),
  ),
];
