// Every error a person or a program can meet: a stable code, the exit status of the command line, and plain words.

/** Exit statuses of `kith` (interface document, "Exit"). */
export const EXIT = {
  ok: 0,
  failed: 1,
  malformed: 2,
  unreachable: 3,
  notAllowed: 4,
  unknown: 5,
  unconfirmed: 6,
  later: 75,
} as const;

interface ErrorKind {
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
}
const kind = (exit: number, message: string, hint: string): ErrorKind => ({ exit, message, hint });

export const ERRORS = {
  'bad-link': kind(
    EXIT.malformed,
    'This is not a Kith link, or a part of it is missing.',
    'Copy the whole link and try again.',
  ),
  'bad-option': kind(EXIT.malformed, 'An option is missing or wrong.', 'See `kith --help`.'),
  'bad-command': kind(EXIT.malformed, 'There is no such command.', 'See `kith --help`.'),
  'bad-text': kind(
    EXIT.malformed,
    'A message is valid UTF-8 of at most 65,536 bytes.',
    'Shorten it, or send it in parts.',
  ),
  'bad-name': kind(EXIT.malformed, 'A name is at most 64 characters.', 'Choose a shorter one.'),
  'bad-picture': kind(
    EXIT.malformed,
    'A picture is a JPEG, PNG or WebP of at most 48 KiB and 1,024 pixels a side.',
    'Choose a smaller one.',
  ),
  'bad-emoji': kind(EXIT.malformed, 'A reaction is one emoji.', 'Choose one emoji.'),
  'bad-code': kind(
    EXIT.malformed,
    'This is not a code to check a contact, or it is your own.',
    'Scan the code on the other screen.',
  ),
  'bad-setting': kind(
    EXIT.malformed,
    'There is no such setting, or the value does not fit it.',
    'See `kith set` for all settings.',
  ),
  'bad-url': kind(
    EXIT.malformed,
    'This is not the address of a relay.',
    'It starts with https:// (or http:// on this computer).',
  ),
  'origin-too-long': kind(
    EXIT.malformed,
    "The relay's address is too long for a short link (over 50 characters).",
    'Give the relay a shorter public URL.',
  ),
  ambiguous: kind(EXIT.malformed, 'More than one conversation fits that name.', 'Use one of the ids.'),
  'no-relay': kind(
    EXIT.unreachable,
    'No relay is known or none answers.',
    'Check the connection, or name one with --relay URL.',
  ),
  'relay-full': kind(
    EXIT.unreachable,
    'The relay has no room at the moment.',
    'Try again later, or use another relay.',
  ),
  'relay-nonsense': kind(EXIT.unreachable, 'The relay answered something that is not Kith.', 'Check the address.'),
  'own-invite': kind(EXIT.notAllowed, 'This is your own invitation.', 'Give it to the person you want to talk to.'),
  'invite-expired': kind(EXIT.notAllowed, 'This invitation has expired or was taken back.', 'Ask for a new one.'),
  'invite-used': kind(EXIT.notAllowed, 'This invitation was used already.', 'Ask for a new one.'),
  'invite-invalid': kind(
    EXIT.notAllowed,
    'What the relay holds under this link was not made by its inviter.',
    'Ask for a new one, over another channel.',
  ),
  'link-expired': kind(
    EXIT.notAllowed,
    'This device link is over: it lives for 5 minutes and serves once.',
    'Make a new one on the other device.',
  ),
  'link-used': kind(
    EXIT.notAllowed,
    'Another device has followed this link already.',
    'If that was not you, refuse it on the other device, and make a new link there.',
  ),
  'bad-words': kind(
    EXIT.malformed,
    'These are not recovery words.',
    'Enter the twelve words in their order, as they were shown once.',
  ),
  'wrong-words': kind(
    EXIT.notAllowed,
    'These recovery words do not belong here.',
    'Try the words that were made last. Words take effect 7 days after the other person has seen them.',
  ),
  'words-needed': kind(
    EXIT.notAllowed,
    'This invitation is for somebody who comes back without any device.',
    'Recovery words open it: `kith recovery use LINK`.',
  ),
  'unknown-device': kind(EXIT.unknown, 'There is no such device.', 'List them with `kith device list`.'),
  'own-device': kind(
    EXIT.notAllowed,
    'A device does not remove itself.',
    'Remove it from another device, or delete what is on it.',
  ),
  'too-many-devices': kind(
    EXIT.notAllowed,
    'A person has at most eight devices.',
    'Remove one that is not used any more, then link this one.',
  ),
  'too-late-to-refuse': kind(
    EXIT.notAllowed,
    'A device can be refused for 24 hours after it was added.',
    'Remove it instead: what it wrote until now stays.',
  ),
  'revoked-device': kind(
    EXIT.notAllowed,
    'This device was removed from the conversation by its person.',
    'Use another device, or link this one again.',
  ),
  'home-in-use': kind(
    EXIT.notAllowed,
    'This device has contacts or other devices of its own already.',
    'Join from a fresh device, or merge the two: then everything of both is one account.',
  ),
  'context-exists': kind(EXIT.notAllowed, 'There is a context of this name already.', 'Choose another name.'),
  'context-in-use': kind(
    EXIT.notAllowed,
    'Conversations or open invitations stand in this context.',
    'Move them to another context first, and take the invitations back.',
  ),
  'not-both': kind(
    EXIT.notAllowed,
    'Only two conversations in which you can write can become one.',
    'Wait until the other person has answered in both.',
  ),
  blocked: kind(EXIT.notAllowed, 'This person is blocked.', 'Unblock them first.'),
  ended: kind(EXIT.notAllowed, 'This conversation has ended.', 'Invite them again.'),
  'not-yours': kind(EXIT.notAllowed, 'Only its author can do that.', 'Delete it for yourself instead.'),
  locked: kind(
    EXIT.notAllowed,
    'This home is locked.',
    'Unlock it with its passphrase: `kith unlock`, or --passphrase-file FILE.',
  ),
  'wrong-passphrase': kind(EXIT.notAllowed, 'This is not the passphrase of this home.', 'Try again.'),
  'too-many-tries': kind(EXIT.later, 'There were too many wrong passphrases.', 'Wait, then try again.'),
  'no-passphrase': kind(
    EXIT.notAllowed,
    'This home has no passphrase.',
    'Set one with `kith lock --set`, or under Settings.',
  ),
  'bad-passphrase': kind(
    EXIT.malformed,
    'A passphrase has 8 characters or more and 1,024 bytes at most, and a duress passphrase is another one.',
    'Choose another one; four or more random words are good.',
  ),
  'read-only': kind(
    EXIT.notAllowed,
    'This conversation was read from a file: it can only be read.',
    'Choose the conversation with the person itself.',
  ),
  'file-exists': kind(EXIT.notAllowed, 'There is a file of this name already.', 'Choose another name, or add --force.'),
  'bad-import': kind(
    EXIT.malformed,
    'This file is not an export of Kith, or a line of it is damaged.',
    'Nothing was imported. Mend the line, or make the export again.',
  ),
  'bad-backup': kind(
    EXIT.malformed,
    'This file is not a backup of Kith, or it is damaged.',
    'Nothing was changed. Use another copy of it.',
  ),
  'newer-import': kind(
    EXIT.failed,
    'This file was written by a newer Kith.',
    'Update Kith, then import it again. Nothing was imported.',
  ),
  'unknown-conversation': kind(EXIT.unknown, 'There is no such conversation here.', 'See `kith contact list`.'),
  'unknown-context': kind(EXIT.unknown, 'There is no such context here.', 'See `kith context list`.'),
  'unknown-event': kind(EXIT.unknown, 'There is no such message here.', 'See `kith log`.'),
  'unknown-invite': kind(EXIT.unknown, 'There is no such invitation here.', 'See `kith invite list`.'),
  'unknown-request': kind(EXIT.unknown, 'There is no such request here.', 'See `kith request list`.'),
  'unknown-file': kind(EXIT.unknown, 'There is no such file, or it cannot be read.', 'Check its name.'),
  compromised: kind(
    EXIT.unconfirmed,
    'Stop: you marked this contact as compromised. Kith will not send to it.',
    'Check who it is, then mark it again.',
  ),
  'words-differ': kind(
    EXIT.unconfirmed,
    'These are not the words that this device shows.',
    'If the two screens differ, refuse the device: somebody else may have followed the link.',
  ),
  'words-not-ready': kind(
    EXIT.later,
    'The words are not there yet: the other side has not answered.',
    'Try again when both have been online.',
  ),
  'home-busy': kind(EXIT.later, 'Another program uses this home and does not answer.', 'End it, or try again.'),
  interrupted: kind(
    EXIT.later,
    'What ran the engine was closed before it answered: this may have been done, or not.',
    'Look whether it was done, then try again.',
  ),
  'disk-full': kind(
    EXIT.failed,
    'There is no room left on this disk. Nothing that was there is lost.',
    'Free some space and try again.',
  ),
  'disk-failed': kind(
    EXIT.failed,
    'The disk could not be read or written. Nothing was changed.',
    'Check the disk and try again.',
  ),
  'newer-home': kind(EXIT.failed, 'This home was written by a newer Kith.', 'Update Kith, then open it again.'),
  'damaged-home': kind(
    EXIT.failed,
    'This home cannot be opened: it is damaged, or the key does not fit.',
    'Restore it from a backup.',
  ),
  evicted: kind(
    EXIT.failed,
    'This browser has deleted what Kith had stored here.',
    'Start anew, or restore a backup. Allow Kith to store data for good, so that it does not happen again.',
  ),
  'relay-start': kind(EXIT.failed, 'The relay could not be started.', 'See `kith serve --help`.'),
  'not-built': kind(EXIT.failed, 'This can not be done yet in this version.', 'See CHANGELOG.md for what is there.'),
  internal: kind(
    EXIT.failed,
    'Something went wrong inside Kith. Nothing that was there is lost.',
    'Please report it; see SECURITY.md.',
  ),
} as const satisfies Readonly<Record<string, ErrorKind>>;
export type ErrorCode = keyof typeof ERRORS;

/** The only thing that methods reject with. `message` says what happened and why, `hint` what to do next. */
export class KithError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: number;
  constructor(code: ErrorCode, detail?: { readonly message?: string; readonly hint?: string }) {
    super(detail?.message ?? ERRORS[code].message);
    this.name = 'KithError';
    this.code = code;
    this.hint = detail?.hint ?? ERRORS[code].hint;
    this.exit = ERRORS[code].exit;
  }
}
