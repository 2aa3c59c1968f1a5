// The words about recovery words: making them, coming back with them, deciding with them; and about two conversations with one person.

const called = (name: string): string => (name === '' ? 'a device without a name' : `“${name}”`);
const person = (name: string): string => (name === '' ? 'this person' : name);

export const recovery = {
  section: 'Recovery words',
  what: 'Recovery words are twelve words on paper. With them you come back into your conversations when all your devices are gone, and they decide when somebody has one of your devices.',
  notMade: 'You have no recovery words yet.',
  made: (date: string) => `You have recovery words, made on ${date}.`,
  goodAll: 'They are good for everything that is here now.',
  goodSome: (ready: number, of: number) =>
    `They are good for ${ready} of ${of} so far (your conversations, and the list of your devices). The others follow 7 days after the other person has seen it.`,
  few: 'They do not cover many more new people. Enter them once more, then they do.',
  fewDo: 'Enter them once more',
  fewDone: 'Your words cover new people again.',
  make: 'Make recovery words',
  makeNew: 'Make new ones',

  title: 'Recovery words',
  forTitle: 'What they are for',
  means: [
    'All your devices are lost: each of your contacts can invite you back, and the words prove that it is you.',
    'Somebody has one of your devices: what you say with the words counts more than what that device says.',
    'They bring back no messages by themselves: those come from your contacts. A backup, or a second device, keeps more.',
  ] as readonly string[],
  before: 'Take pen and paper, and make sure that nobody else, and no camera, can see your screen.',
  beforeNew:
    'You have words already. New ones count for new people at once, and elsewhere after 7 days. The old ones stay good where they are good now: keep that paper as safe, too.',
  show: 'Show the words',
  making: 'Making the words…',
  once: 'Write these down now, in this order. They are shown this once and kept nowhere.',
  onceLeave:
    'They count only when you have checked them on the next page. If you leave before that, nothing has changed.',
  words: 'Your twelve recovery words',
  written: 'I have written them down',
  check: 'Two of them, from your paper',
  checkHint: 'So that a slip of the pen is found now.',
  nth: (n: number) => `Word ${n}`,
  wrong: (n: number) => `Word ${n} is a different one. Look at your paper.`,
  back: 'Show them again',
  checkDo: 'Check',
  done: 'Your recovery words are made',
  doneNext: [
    'Keep the paper where you keep what must not burn or be found. No photo, no file.',
    'They are good for people whom you add from now on at once; for others 7 days after they have seen it.',
    'Whoever has the paper and an invitation from one of your contacts can write as you.',
  ] as readonly string[],
  toSafe: 'Back to “Keep it safe”',

  lostAll: 'I lost all my devices',
  useTitle: 'Come back with recovery words',
  useHow:
    'Ask somebody you talked to, by another way: in your conversation, under “Details”, they make an invitation to come back. Each contact makes their own.',
  useLink: 'Their invitation to come back',
  useWords: 'Your twelve recovery words',
  useWordsHint: 'In their order, with spaces between. The first four letters of each will do.',
  keep: 'I still have other devices',
  keepHint: 'Else they are taken out of this conversation as soon as its messages are here.',
  useDo: 'Come back',
  useBusy: 'Asking…',
  notLink: 'This is not a Kith link, or a part of it is missing.',
  using: 'Your words are right',
  usingNext: 'Now your contact’s Kith has to be online: the conversation comes from there. You can leave this page.',
  usingMore: 'For your other conversations, ask each of those people for an invitation of their own.',
  open: 'Open the conversation',
  another: 'Another invitation',
  needed: 'An invitation to come back',
  neededIntro: 'It is for somebody who lost all devices and has recovery words. Is that you?',
  neededDo: 'Enter my recovery words',

  inviteTitle: 'If they lost all their devices',
  inviteWhat: (name: string) =>
    `Has ${person(name)} told you so, by another way? This makes an invitation to come back into this conversation. Only who has their recovery words gets any further.`,
  invite: 'Invite them back',
  inviteLink: 'The invitation to come back',
  inviteCopy: 'Copy invitation',
  inviteUntil: (date: string) => `Give it to them in any way you like. It works until ${date}.`,

  waiting: 'Somebody has set other recovery words for you',
  waitingFrom: (date: string) => `They count from ${date} on, unless you refuse them.`,
  waitingUnseen: 'They count 7 days after your contact has seen them, unless you refuse them.',
  waitingNext:
    'You did not? Then refuse them, and look at the list of your devices: whoever did it has one of them, or had. Words that you made yourself in these days are refused with them: make new ones then.',
  refuse: 'It was not me: refuse them',
  refused: 'Refused.',

  disputed: 'Your devices disagree',
  disputedMeans:
    'Each has taken the other out. One of them may be in somebody else’s hands. Until it is decided, your contacts send to neither of them.',
  disputedNext: 'Your recovery words decide it at once: enter them for the one that is not in your hands.',
  decide: (name: string) => `Remove ${called(name)} with recovery words`,
  decideTitle: (name: string) => `Remove ${called(name)}?`,
  decideMeans: 'With your words, nothing counts that it said against your other devices.',
  decideDo: 'Remove it',
  decided: (name: string) => `Removed: ${called(name)}.`,

  sameTitle: 'Another conversation with them',
  sameWhat: 'If somebody talks to you in two conversations, you can say that they are one person.',
  same: 'They are the same as…',
  sameWith: (name: string) => `You have said, or they have, that this is the same person as ${name}.`,
  samePick: 'Who are they the same as?',
  sameField: 'Name',
  sameNone: 'Nobody of this name.',
  sameAsk: (one: string, other: string) => `Are ${person(one)} and ${person(other)} one person?`,
  sameMeans:
    'In both conversations it is said that you are one person as well. “Stop” then holds for both. This cannot be undone.',
  sameYes: 'They are one person',
};
