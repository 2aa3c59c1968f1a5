// The one typed door to the engine: screens, commands and bots all use it. Names as in the interface document.
// Times are milliseconds since 1970 here; the command line prints RFC 3339. Absent values are null, never missing.
import type { Damage } from '../log/index.ts';

export type ContactState = 'invited' | 'requested' | 'active' | 'blocked' | 'ended';
export type Validity = 'unvalidated' | 'validated' | 'compromised';
export type EventState = 'waiting' | 'sent' | 'delivered' | 'read' | 'failed' | 'unknown';
export type LogKind = 'text' | 'reaction' | 'edit' | 'delete' | 'member' | 'call' | 'file' | 'notice';

export interface Profile {
  readonly name: string;
  /** A small JPEG, PNG or WebP, at most 48 KiB, or null. */
  readonly picture: Uint8Array | null;
}

export interface Contact {
  readonly conversation: string;
  /** What to show: my name for them, else their own, else the invitation's label, else ''. */
  readonly name: string;
  /** Where the name comes from. */
  readonly nameFrom: 'me' | 'them' | 'label' | 'none';
  readonly validity: Validity;
  readonly state: ContactState;
  readonly unread: number;
  readonly picture: Uint8Array | null;
  /** Milliseconds: the newest shown event, or when it began. */
  readonly at: number;
  readonly preview: LogLine | null;
  readonly draft: string;
  /** They are typing now. */
  readonly typing: boolean;
  /** Since when an own message has waited for them (nothing of it arrived); null when none waits. */
  readonly waitingSince: number | null;
  /** The safety words can be had. */
  readonly wordsReady: boolean;
  /** Read from an export file: it can only be read, and proves nothing. */
  readonly imported: boolean;
  /** Kept on this device alone. */
  readonly deviceOnly: boolean;
  /** Null: in none. */
  readonly context: string | null;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** What texts written here carry unless they say otherwise. */
  readonly timer: MessageTimer | null;
}

/** A set of conversations whose people know this person under one name, which shows nowhere else. */
export interface ContextView {
  readonly context: string;
  readonly label: string;
  /** 0 to 7. */
  readonly hue: number;
  /** What the people in it see; '' and null: nothing. */
  readonly name: string;
  readonly picture: Uint8Array | null;
  readonly conversations: number;
}

/** `reading`: counted from when it is read; `sending`: from when it was sent. 30 to 31,622,400 seconds. */
export interface MessageTimer {
  readonly from: 'reading' | 'sending';
  readonly seconds: number;
}

export interface LogLine {
  readonly event: string;
  readonly conversation: string;
  readonly author: string;
  readonly authorName: string;
  readonly mine: boolean;
  readonly kind: LogKind;
  /** Of kind `text` only: the newest text after edits. Null when it is deleted, purged or of another kind. */
  readonly text: string | null;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly state: EventState | null;
  readonly edited: boolean;
  /** Its author asked to delete it, or I deleted it for me. */
  readonly deleted: boolean;
  /** Of a reply: what it answers, as far as it is here. */
  readonly reply: { readonly event: string; readonly authorName: string; readonly text: string | null } | null;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  /** The event a reaction, edit or delete is about. */
  readonly target: string | null;
  /** Reaction: the emoji. */
  readonly emoji: string | null;
  /** A marker to show beside it: from a copy of the device, from the counterpart's copy, from a removed device, a kind this build does not know, from an export file. */
  readonly mark: 'copy' | 'counterpart' | 'removed' | 'newer' | 'imported' | null;
  /** It goes after this time, here and on the other side. */
  readonly timer: MessageTimer | null;
  /** When it goes from here; null: never, or its timer does not run yet. */
  readonly goesAt: number | null;
  readonly starred: boolean;
  /** Older messages that stand right before it are still coming from an own device. */
  readonly gap: boolean;
  /** Of kind `notice` and `member`: what happened, as a key of the word catalogue. */
  readonly notice: string | null;
}

export interface Invite {
  readonly invite: string;
  readonly link: string;
  /** Null for a reusable one. */
  readonly conversation: string | null;
  readonly expires: number;
  readonly reusable: boolean;
  readonly label: string;
  readonly context: string | null;
  readonly uses: number;
  readonly state: 'open' | 'used' | 'expired' | 'revoked';
  /** The link works only on this computer: its relay is on localhost. */
  readonly localOnly: boolean;
  /** More than one party tried to use a one-time invitation. */
  readonly contested: boolean;
}

export interface InvitePreview {
  readonly state: 'open' | 'own' | 'accepted';
  readonly name: string;
  readonly reusable: boolean;
  readonly expires: number;
  /** Set when it is accepted already. */
  readonly conversation: string | null;
}

export interface RelayStatus {
  readonly url: string;
  readonly reachable: boolean;
  readonly latencyMs: number | null;
  readonly roles: readonly string[];
  readonly load: number | null;
}

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly default: string;
}

export interface Status {
  readonly device: string;
  /** True when this call made the home. */
  readonly created: boolean;
  readonly version: string;
  readonly relays: readonly string[];
  readonly connection: 'online' | 'connecting' | 'offline';
  /** Own events not yet delivered. */
  readonly pending: number;
}

export interface ContactDevice {
  /** Means nothing outside this conversation. */
  readonly device: string;
  /** Milliseconds: when it was first seen here. */
  readonly addedAt: number;
  readonly removed: boolean;
  /** It and another one of theirs removed each other: nothing is sent to either until that is decided. */
  readonly disputed: boolean;
  /** It was not there when the conversation began. */
  readonly later: boolean;
}
export interface DeviceView {
  readonly device: string;
  readonly name: string;
  /** Milliseconds; 0: not known here, such as of a backup file on a device that was restored from it. */
  readonly addedAt: number;
  readonly revoked: boolean;
  readonly thisDevice: boolean;
  /** The device that took it in; null for the first one. */
  readonly addedBy: string | null;
  /** Until then this device can refuse it, so that nothing it did counts; null when it can not (any more). */
  readonly refusableUntil: number | null;
  /** No device, but a backup file: whoever has it and its passphrase can let a device in. */
  readonly backup: boolean;
}
/**
 * A device that is this person's in a conversation and none of those of the list: one of an account that was taken in and has not
 * followed, or one that nobody of this person meant.
 */
export interface StrayDevice {
  readonly conversation: string;
  readonly device: string;
  /** When that was seen first, in milliseconds; 0: it was there from the beginning. */
  readonly addedAt: number;
  /** The device of the list that let it in; null: none of them. */
  readonly addedBy: string | null;
  readonly disputed: boolean;
}
/** A link or short code by which a device joins. */
export interface DeviceLink {
  /** Empty for a short code. */
  readonly link: string;
  readonly code: string | null;
  readonly expires: number;
  readonly state: 'open' | 'words' | 'done' | 'expired' | 'refused';
  /** Four words to compare with the other screen, once they can be had. */
  readonly words: readonly string[] | null;
  /** More than one device tried to follow it. */
  readonly second: boolean;
  /** What the device that followed it is called. */
  readonly name: string;
}
export interface Linking {
  /** The newest of this device. */
  readonly link: DeviceLink | null;
  /** This device follows the link of another. */
  readonly joining: { readonly state: 'waiting' | 'words'; readonly words: readonly string[] | null } | null;
  /** Events that are still to come from one's other devices; null when nothing is under way. */
  readonly history: { readonly left: number; readonly of: number } | null;
  /** Its person took this device out of what it was a part of, when it was told so; `wiped`: it was asked to forget all, and did. */
  readonly removed: { readonly at: number; readonly wiped: boolean } | null;
}

/** Conversations with one person; `head` is the one that is shown. */
export interface MergedContact {
  readonly head: string;
  readonly conversations: readonly string[];
}
/** What recovery words are good for here. Devices by their public id where it is known. */
export interface RecoveryState {
  readonly made: boolean;
  /** When the words in use were made; null: there are none. */
  readonly madeAt: number | null;
  /** Conversations that this device can still begin under these words. */
  readonly keysLeft: number;
  /** Conversations that the words open today, `self` included, and those they do not (yet). */
  readonly ready: number;
  readonly without: number;
  /** Keys that take effect at `from` (null: the other side has not seen it yet) unless they are refused. Null: in `self`. */
  readonly waiting: readonly {
    readonly conversation: string | null;
    readonly device: string;
    readonly thisDevice: boolean;
    /** Of the words that this person's devices know of. */
    readonly ours: boolean;
    readonly from: number | null;
  }[];
  /** Devices that removed each other: nobody sends to them until words, or time, decide. */
  readonly contested: readonly { readonly conversation: string | null; readonly device: string }[];
}

export interface LockState {
  readonly passphrase: boolean;
  readonly locked: boolean;
  /** Until then no passphrase is tried, after too many wrong ones; null when the next may come now. */
  readonly waitUntil: number | null;
}

/** Every method: what goes in, what comes out. All of them reject with a KithError only. */
export interface Methods {
  status: { params: Record<string, never>; result: Status };
  'profile.get': { params: Record<string, never>; result: Profile };
  'profile.set': { params: { name?: string; picture?: Uint8Array | null }; result: Profile };
  /** `origin`: what the link starts with; default: the first relay's public URL. */
  /** `deviceOnly`: what it starts is kept on this device alone: on no other own device, and in no backup. */
  'invite.create': {
    params: { reusable?: boolean; expiresMs?: number; label?: string; deviceOnly?: boolean; context?: string };
    result: Invite;
  };
  'invite.preview': { params: { link: string }; result: InvitePreview };
  'invite.accept': {
    /** `name`: what the context's people see of me, or everybody where none is named. */
    params: { link: string; name?: string; deviceOnly?: boolean; context?: string };
    result: { conversation: string; state: ContactState };
  };
  'invite.list': { params: Record<string, never>; result: readonly Invite[] };
  'invite.revoke': { params: { invite: string }; result: Invite };
  'request.list': { params: Record<string, never>; result: readonly { request: string; via: string; at: number }[] };
  'request.answer': {
    params: { request: string; answer: 'accept' | 'decline' | 'block' };
    result: { conversation: string; state: ContactState };
  };
  /** By label. None of this shows before there is one. */
  'context.list': { params: Record<string, never>; result: readonly ContextView[] };
  /** `hue`: default: one that no other has, if there is one. */
  'context.create': { params: { label: string; hue?: number; name?: string }; result: ContextView };
  'context.change': {
    params: { context: string; label?: string; hue?: number; name?: string; picture?: Uint8Array | null };
    result: ContextView;
  };
  /** Only of one that nothing stands in. */
  'context.remove': { params: { context: string }; result: readonly ContextView[] };
  'contact.list': { params: Record<string, never>; result: readonly Contact[] };
  /** They see the name of that context (null: of none) from now on, and reach me in its inbox. */
  'contact.context': { params: { conversation: string; context: string | null }; result: Contact };
  'contact.rename': { params: { conversation: string; name: string }; result: Contact };
  'contact.block': { params: { conversation: string }; result: Contact };
  'contact.unblock': { params: { conversation: string }; result: Contact };
  'contact.end': { params: { conversation: string }; result: Contact };
  /** Their devices as this conversation knows them, oldest first: a new one may be somebody else's. */
  'contact.devices': { params: { conversation: string }; result: readonly ContactDevice[] };
  'contact.words': { params: { conversation: string }; result: { words: readonly string[] } };
  'contact.mark': {
    params: { conversation: string; validity: Validity };
    result: { conversation: string; validity: Validity };
  };
  /** These two are one person, who is told that they are one account here as well. */
  'contact.merge': { params: { conversation: string; with: string }; result: readonly MergedContact[] };
  'contact.merged': { params: Record<string, never>; result: readonly MergedContact[] };
  /** A code (QR text) that the other side scans to check; and the check of a scanned one. */
  'contact.checkCode': { params: { conversation: string }; result: { code: string } };
  'contact.checkScan': { params: { conversation: string; code: string }; result: { match: boolean } };
  send: {
    /** `expiresMs`: 30 s to 366 days; 0: no timer; absent: as the conversation has it. */
    params: { conversation: string; text: string; reply?: string; expiresMs?: number };
    result: { event: string; state: EventState };
  };
  edit: { params: { conversation: string; event: string; text: string }; result: { event: string; state: EventState } };
  react: {
    params: { conversation: string; event: string; emoji: string; off?: boolean };
    result: { event: string; state: EventState };
  };
  delete: {
    params: { conversation: string; event: string; forAll?: boolean };
    result: { event: string; deleted: boolean };
  };
  /** Marks as read up to the event, else everything. */
  read: { params: { conversation: string; event?: string }; result: { conversation: string; unread: number } };
  /** Newest `limit`, oldest first; `before` and `after` exclude their event; `around` puts one in the middle; `oldest`: the first ones. */
  log: {
    params: {
      conversation: string;
      limit?: number;
      before?: string;
      after?: string;
      around?: string;
      oldest?: boolean;
    };
    result: readonly LogLine[];
  };
  star: {
    params: { conversation: string; event: string; off?: boolean };
    result: { event: string; starred: boolean };
  };
  /** Newest first. */
  'star.list': { params: { conversation?: string }; result: readonly LogLine[] };
  /** What of a conversation is not what was signed, checked from the bytes up; nothing of it is shown. */
  'log.verify': {
    params: { conversation: string };
    result: readonly { readonly event: string; readonly damage: Damage }[];
  };
  /** Everything of a conversation that could be shown to somebody else: a page of `transcriptCodec` at a time. */
  transcript: {
    params: { conversation: string; cursor?: string };
    result: { readonly objects: Uint8Array; readonly cursor: string | null };
  };
  search: { params: { query: string; in?: string; limit?: number }; result: readonly LogLine[] };
  /** Lines of an export file (`importBatchCodec`), as import.ts reads them; those that are here already are not added. */
  'import.lines': { params: { batch: Uint8Array }; result: { added: number; conversations: readonly string[] } };
  /** Takes an imported conversation away. */
  'import.remove': { params: { conversation: string }; result: Record<string, never> };
  /** Backups: client/backup.ts drives these. `unfinished`: the beginning of a file that was not written to its end. */
  'backup.plan': {
    params: { unfinished?: Uint8Array };
    result: { backup: Uint8Array; salt: Uint8Array; operations: number; memory: number; resumes: boolean };
  };
  /** `under`: the passphrase's key. Answers the header of the file, and the next part to write. */
  'backup.begin': {
    params: { backup: Uint8Array; salt: Uint8Array; under: Uint8Array };
    result: { header: Uint8Array; next: number };
  };
  /** Null: the file is whole. `events`: written so far. `of`: how many parts it has, once that is known. */
  'backup.part': { params: { index: number }; result: { part: Uint8Array | null; of: number | null; events: number } };
  'backup.end': { params: Record<string, never>; result: Record<string, never> };
  /** Into a fresh home only. A restore of the same file goes on where it was. */
  'restore.begin': { params: { header: Uint8Array; under: Uint8Array }; result: { next: number; whole: boolean } };
  'restore.part': { params: { index: number; part: Uint8Array }; result: { next: number; whole: boolean } };
  /** Makes this home a new device of the person whose backup it is. */
  'restore.finish': { params: Record<string, never>; result: { conversations: readonly string[]; events: number } };
  'restore.cancel': { params: Record<string, never>; result: Record<string, never> };
  'draft.set': { params: { conversation: string; text: string }; result: { conversation: string; text: string } };
  /** Told to the other side only when the setting allows it; never stored. */
  typing: { params: { conversation: string }; result: Record<string, never> };
  set: { params: { key?: string; value?: string; in?: string }; result: readonly Setting[] };
  'relay.list': { params: Record<string, never>; result: readonly RelayStatus[] };
  'relay.add': { params: { url: string }; result: readonly RelayStatus[] };
  'relay.remove': { params: { url: string }; result: readonly RelayStatus[] };
  /** Posts what is unposted, fetches what is held for us, posts the answers; ends when that is done or the time is up. */
  sync: { params: { forMs?: number }; result: { sent: number; received: number; pending: number } };
  'device.list': { params: Record<string, never>; result: readonly DeviceView[] };
  /** A link (or short code) that lets one device join, for 5 minutes. `confirm`: words are compared first. */
  'device.link': {
    params: { history?: 'all' | '30d' | 'none'; confirm?: boolean; code?: boolean };
    result: DeviceLink;
  };
  /** Follows the link or short code of another own device; only from a home that has no contacts. */
  /** `merge`: also from one that has; what it has comes along, and its own `self` becomes a part of the other. */
  'device.join': {
    params: { link: string; name?: string; merge?: boolean };
    result: { device: string; state: 'waiting' | 'linked' };
  };
  'device.linking': { params: Record<string, never>; result: Linking };
  /** The words on both screens are these. */
  'device.confirm': { params: { words: string }; result: { device: string } };
  /** They are not, or nobody meant it. */
  'device.refuse': { params: Record<string, never>; result: Linking };
  /** Takes a device out everywhere. `refuse`: nothing it did counts; within 24 h of its adding. `wipe`: it is asked to forget all. */
  'device.revoke': {
    /** `words`: recovery words; what is said with them beats what that device says of others. */
    params: { device: string; refuse?: boolean; wipe?: boolean; words?: string };
    result: readonly DeviceView[];
  };
  /**
   * New recovery words, which are shown this once and kept nowhere; they mean nothing before `recovery.confirm`. `words`: those
   * there are, for further keys; answers none.
   */
  'recovery.create': { params: { words?: string }; result: { words: readonly string[] } };
  /** The words are on paper, whole: from now on they count. */
  'recovery.confirm': { params: { words: string }; result: RecoveryState };
  'recovery.state': { params: Record<string, never>; result: RecoveryState };
  /** An invitation for the other person of a conversation, who has lost every device and has recovery words. */
  'recovery.invite': { params: { conversation: string }; result: { link: string; expires: number } };
  /** Follows one. The lost devices are removed when the history has come, unless `keep`. */
  'recovery.use': {
    params: { link: string; words: string; keep?: boolean };
    result: { conversation: string; state: 'waiting' };
  };
  /** It was not this person who set the keys that wait. */
  'recovery.refuse': { params: Record<string, never>; result: RecoveryState };
  /** What is this person's in a conversation and not in `device.list`, which is to be empty. */
  'device.strays': { params: Record<string, never>; result: readonly StrayDevice[] };
  /** Takes all of them out. `refuse`: what those did that were added in the last 24 hours counts nowhere. Answers what is left. */
  'device.removeStrays': { params: { refuse?: boolean }; result: readonly StrayDevice[] };
  'device.name': { params: { name: string }; result: readonly DeviceView[] };
  /** Answered while the home is locked, too; everything else then rejects with `locked`. */
  'lock.state': { params: Record<string, never>; result: LockState };
  /** A person is there: the time of `lock-after` begins again. */
  'lock.touch': { params: Record<string, never>; result: LockState };
  'lock.now': { params: Record<string, never>; result: LockState };
  'lock.unlock': { params: { passphrase: string }; result: LockState };
  /** Sets, changes or (`next` null) removes the passphrase. `passphrase`: the one so far. */
  'lock.set': { params: { passphrase?: string; next: string | null }; result: LockState };
  /** The passphrase that opens an empty home and deletes this one; null: none. Nothing tells whether there is one. */
  'lock.duress': { params: { passphrase: string; next: string | null }; result: LockState };
  /** Events after this one, in the order in which they arrived here; null: from now on. At most 500 a call. */
  'events.since': { params: { from: string | null }; result: { events: readonly LogLine[]; cursor: string } };
}
export type Method = keyof Methods;
/** Those of the door in front of the engine (lock.ts). */
export type LockMethod = Extract<Method, `lock.${string}`>;

/** Told to every listener after the transaction that caused it. A listener reads again what it shows. */
export type Change =
  | { readonly type: 'contacts' }
  | { readonly type: 'conversation'; readonly conversation: string }
  /**
   * New events of others or of own devices, for `follow` and notifications: fewer than 50 are all there were. `cursor`: where
   * `events.since` goes on after them; null: nobody knows what was told, so a listener goes on from where it is.
   */
  | { readonly type: 'events'; readonly events: readonly LogLine[]; readonly cursor: string | null }
  | { readonly type: 'status'; readonly status: Status }
  | { readonly type: 'requests' }
  | { readonly type: 'devices' }
  | { readonly type: 'invites' }
  | { readonly type: 'profile' }
  | { readonly type: 'contexts' }
  | { readonly type: 'settings' }
  | { readonly type: 'lock'; readonly locked: boolean }
  | { readonly type: 'drafts'; readonly conversation: string };

/** What screens and commands hold; the same whether the engine runs here, in a worker, or behind a socket. */
export interface Kith {
  call<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']>;
  /** Returns the way to stop listening. */
  onChange(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}
