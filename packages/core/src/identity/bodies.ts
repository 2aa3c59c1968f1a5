// What charter entries say, by kind: the body of each, and the numbers of the wire.
import { bytes, list, named, nullable, tuple, uint, type Infer } from '../codec/index.ts';
import { feedIdCodec, MAX_SEQ, segmentIdCodec } from './ids.ts';

/** Numbers of the wire; a kind outside this list freezes authority (spec 03, "Unknown kinds"). */
export const ENTRY_KINDS = {
  inception: 1,
  addDevice: 2,
  remove: 3,
  witness: 4,
  recovery: 5,
  refuse: 6,
  absorb: 7,
} as const;
export const MEMBER_KINDS = { human: 0, system: 1 } as const;
export type MemberKind = keyof typeof MEMBER_KINDS;

export const MAX_CUTS = 8;
const key = bytes(32);
const hash = bytes(32);
const member = bytes(16);
const signature = bytes(64);
/** What conversation an entry is for: fixed by its birth (spec 03, "Roots"). */
export const rootCodec = bytes(16, 32);

export const inceptionBody = named(
  'inception',
  tuple({
    memberKind: uint(1),
    /** Random when the person has no recovery words. */
    recoveryKey: key,
    /** Formats this member reads, rising. */
    versions: list(uint(65535), 8, 1),
  }),
);
/** `member`: whose device it becomes. The consent is to that, whichever of their devices signs the entry. */
/** In the extensions of an entry that adds a device: it is the spare of a backup, and is given no session. */
export const SPARE_EXTENSION = 1;
export const addDeviceBody = named('add-device', tuple({ device: key, member, consent: signature }));
/**
 * The last places of a feed that a removal still accepts: `count` events of `segment`, and the charter chain up to `charterHead`.
 * Further cuts of the same feed say only `charterHead`: other branches of a chain that copies of one key went on with.
 */
export const cutCodec = named(
  'cut',
  tuple({
    feed: feedIdCodec,
    segment: nullable(segmentIdCodec),
    count: uint(MAX_SEQ),
    charterCount: uint(MAX_SEQ),
    charterHead: nullable(hash),
  }),
);
export type Cut = Infer<typeof cutCodec>;
export const removeBody = named(
  'remove',
  tuple({ feed: nullable(feedIdCodec), member: nullable(member), cuts: list(cutCodec, MAX_CUTS, 1) }),
);
/** `removal`: the hash of a removal, or of a `recovery` entry: what the signer has seen. */
export const witnessBody = named('witness', tuple({ removal: hash }));
/** A recovery key that a member sets after its inception. */
export const recoveryBody = named('recovery', tuple({ member, recoveryKey: key }));
/** `recovery`: the hash of the `recovery` entry that a device of the same member refuses. */
export const refuseBody = named('refuse', tuple({ recovery: hash }));
/** `member` takes in `other`, which stands under `otherRoot`; the consent is by `device`, one of the other's. */
export const absorbBody = named(
  'absorb',
  tuple({ member, otherRoot: rootCodec, other: member, device: key, consent: signature }),
);
