// The words about one's own devices: the list, adding one, joining, losing one, and having been removed.

/** Devices without a name are told apart by when they were added. */
const called = (name: string): string => (name === '' ? 'A device without a name' : `“${name}”`);

export const devices = {
  theirs: 'Their devices',
  theirsFirst: (date: string) => `Since ${date}`,
  theirsAdded: (date: string) => `Added ${date}`,
  theirsRemoved: 'Removed by them',
  theirsDisputed: 'Disputed',
  disputedTitle: (name: string) =>
    name === '' ? 'Two of their devices dispute each other' : `Two of ${name}’s devices dispute each other`,
  disputedMeans:
    'Each says that the other was taken out. One of them may be in somebody else’s hands. Until it is decided, Kith sends to neither.',
  disputedNext: (name: string) =>
    `Ask ${name === '' ? 'them' : name} in person or by call. They decide it with their recovery words, or from a third device.`,
  theirsHint: 'All of them get what you write here. If you did not expect a new one, ask them, or check who this is.',
  newTitle: (name: string) => (name === '' ? 'They use a new device' : `${name} uses a new device`),
  newBody: 'You have not checked yet who this is. If you did not expect it, ask them.',
  title: 'Devices',
  intro: 'All your devices are equal and show the same. None is needed for another to work.',
  onlyOne: 'Only this device so far. A second one keeps your conversations should you lose this one.',
  offline:
    'You are offline. A device can be added when you are back; a removal counts for others as soon as you are back.',
  yours: 'Your devices',
  gone: 'Removed',
  straysTitle: (count: number) =>
    count === 1 ? 'A device of yours is not in this list' : `${count} devices of yours are not in this list`,
  straysMean: (count: number) =>
    count === 1
      ? 'Your contact writes to it as to you. It was let in there, and nowhere else.'
      : 'Your contacts write to them as to you. Each was let in there, and nowhere else.',
  strayIn: (name: string) => `In the conversation with ${name}`,
  straySince: (date: string, by: string) => (by === '' ? `Since ${date}` : `Since ${date}, let in by ${by}`),
  straysNext:
    'If you have just joined two accounts, your other devices follow when you add them here. Anything else is in somebody else’s hands: remove it.',
  straysRemove: 'Remove from everywhere',
  straysGone: 'Removed. What you write goes to the devices of this list only.',
  thisDevice: 'This device',
  unnamed: 'No name',
  added: (date: string, by: string) => (by === '' ? `Added ${date}` : `Added ${date}, by “${by}”`),
  began: (date: string) => `Here since ${date}`,
  removedMark: 'Removed',
  name: 'What you call this device',
  nameHint: 'Only your own devices see it.',
  rename: 'Save the name',
  add: 'Add a device',
  lost: 'I lost a device',
  remove: 'Remove',
  removeOf: (name: string) => `Remove ${called(name)}`,
  refusable: (date: string) => `New. Not yours? Until ${date} you can refuse it, and nothing it did counts.`,
  browser: (browser: string, system: string) => `${browser} on ${system}`,
  someBrowser: 'Browser',
  someSystem: 'a device',

  history: 'How much of the past does it get?',
  histories: {
    all: 'Everything',
    allHint: 'All messages that are here.',
    month: 'The last 30 days',
    monthHint: 'For a device that others may look at.',
    none: 'Nothing',
    noneHint: 'It begins with what is written from now on.',
  },
  beforeCode: 'Next you see a code. Make sure that nobody else, and no camera, can see your screen.',
  showCode: 'Show the code',
  making: 'Making the code…',
  howTo:
    'On the other device: open Kith, choose “I already use Kith on another device”, then scan this or paste the link.',
  qrLabel: 'A square code that adds a device',
  link: 'The link',
  copyLink: 'Copy link',
  left: (time: string) => `It works once, for another ${time}.`,
  over: 'The time of this code is over. Nothing was given away.',
  again: 'Show a new code',
  noScan: 'I cannot scan or paste there',
  codeHow: 'Type this on the other device, after “I already use Kith on another device”:',
  code: 'The short code',
  stop: 'Stop',
  second:
    'More than one device tried to follow this. If only one of them is yours, choose “They differ” and start again.',
  secondDone:
    'More than one device tried to follow this link. Look at the list: if the new device is not yours, refuse it.',
  followed: (name: string) => `${called(name)} has followed your code. One moment…`,
  compare: 'Do both screens show the same four words?',
  compareHint:
    'If they differ, somebody else may have followed the code. Nothing is given before you say that they match.',
  words: 'Four words to compare',
  match: 'They match',
  differ: 'They differ',
  refused: 'Refused. Whoever followed the code has got nothing.',
  refusedNext: 'Try again where nobody else can see your screen.',
  done: (name: string) => `${called(name)} is one of your devices now.`,
  doneNext: 'What you have comes to it by itself, the newest first. You can use both meanwhile.',
  toDevices: 'To your devices',

  joinFirst: 'I already use Kith on another device',
  joinTitle: 'Add this device to yours',
  joinHow: 'On a device where you use Kith: Settings, Devices, “Add a device”. Then scan or paste here what it shows.',
  joinLinkTitle: 'Make this one of your devices?',
  joinLinkIntro:
    'This link adds this device to the Kith of whoever made it: they will see what you write here, and you what they have.',
  joinLinkOwn: 'Go on only if you made it yourself, just now, on a device of yours.',
  joinField: 'Link or short code',
  joinNotLink: 'This is an invitation to talk to somebody, not a link that adds a device.',
  joinNoCode: 'This is neither a link that adds a device nor a short code.',
  joinCamera: 'Scan with the camera',
  joinDo: 'Add this device',
  joinBusy: 'Asking…',
  joinWaiting: 'Waiting for your other device',
  joinWaitingHint: 'It has to be on and connected. You can leave this open.',
  joinConfirmed: 'Now choose “They match” on your other device too',
  joinStop: 'Stop',
  joined: 'This is one of your devices now',
  joinedNext: 'Your conversations are coming, the newest messages first. You can begin.',
  joinedSoFar: (n: number) =>
    n === 0 ? 'Nothing has come yet.' : n === 1 ? '1 conversation so far.' : `${n} conversations so far.`,
  coming: (done: string, of: string) => `${done} of ${of} messages are here so far. You can use Kith meanwhile.`,
  comingLabel: 'What has come from your other devices',
  backupFile: 'Backup file',
  backup: 'Not a device. Whoever has the file and its passphrase can bring back all of this.',
  backupMeans: [
    'Nobody comes back with this file any more, nor with any other that the same device has saved.',
    'Your contacts are told.',
    'What is in the file can still be read, by whoever has it and its passphrase.',
  ] as readonly string[],
  backupNow: ['Save a new backup file if you want to be able to come back with one.'] as readonly string[],
  joinedOpen: 'Begin',
  usedTitle: 'Kith is in use here already',
  used: 'There are conversations or other devices here. A link that adds a device is for a fresh Kith: opened here, it would make two into one for good.',
  usedNext:
    'To keep them apart, open it in another browser or browser profile, where Kith is new. Or is it the other way round? Then add that device from here.',
  mergeTitle: 'Are both yours?',
  merge:
    'Then what is here can come along: all your devices have it then, and your contacts see one person. This cannot be undone.',
  mergeDo: 'Bring what is here along',
  usedCopy: 'Copy this link',

  lostTitle: 'I lost a device',
  lostIntro: 'Which one? It is removed from all your conversations at once, and you can go on here.',
  lostNone: 'There is no other device to remove. If you lost one, it is not here any more, or it was never added.',
  removeTitle: (name: string) => `Remove ${called(name)}?`,
  means: [
    'It gets nothing new. What it still writes counts for nobody.',
    'Your contacts are told, and stop sending to it.',
    'What is on it already can still be read on it, by whoever can unlock it.',
  ] as readonly string[],
  wipe: 'Also ask it to forget everything',
  wipeHint: 'It does so when it is next online, if its Kith is honest. A thief may keep it offline.',
  removeDo: 'Remove it',
  refuseDo: 'Refuse it: nothing it did counts',
  removing: 'Removing…',
  removed: (name: string) => `${called(name)} is removed.`,
  nowTitle: 'What happens now',
  now: [
    'From now on nobody sends to it. You and your contacts use new addresses, so that it cannot even see that you write.',
    'For 7 days it could still object from somewhere else; then the removal is final. You have to do nothing.',
    'If somebody may have had it unlocked in their hands, tell the people it matters to, by another way: they could have been written to in your name.',
  ] as readonly string[],
  wiped: 'It is asked to forget everything as soon as it is online.',

  outTitle: 'This device was removed',
  outIntro: (date: string) => `On ${date} another device of yours took this one out of your conversations.`,
  outStays: 'What stays',
  stays: [
    'What was here can still be read here. It is not kept up to date, and nothing can be sent in these conversations.',
    'Your other devices have everything.',
    'You can add new people here: then you are somebody else, with this device alone.',
  ] as readonly string[],
  outWrong:
    'You did not do this? Somebody may have one of your other devices. Ask the people you talk to, by another way.',
  outRead: 'Read what is here',
  outWiped: 'Another device of yours removed this one and asked it to forget everything. It did.',
  outFresh: 'Start anew',

  notice: (name: string, by: string) =>
    by === '' ? `${called(name)} was added to your devices.` : `${called(name)} was added to your devices, by “${by}”.`,
  noticeSee: 'Look at it',
  noticeMine: 'That was me',
  hint: 'A second device keeps your conversations should you lose this one.',
};
