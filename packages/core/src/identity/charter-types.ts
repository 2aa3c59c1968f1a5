// What an evaluated charter tells (spec 03, "Evaluation").
import type { Verdict } from './acceptance.ts';
import type { Cut, MemberKind } from './bodies.ts';
import type { Party } from './consents.ts';
import type { Evidence } from './finality.ts';
import type { FeedId, MemberId } from './ids.ts';

/** A recovery key and the member (hex) it may speak for. */
export interface Word {
  readonly member: string;
  readonly key: Uint8Array;
}
export type DeviceState = 'active' | 'removed' | 'contested';
/** Where a charter entry stands: the `seq` of this feed whose signed bytes have this hash. */
export interface EntryPlace {
  readonly feed: FeedId;
  readonly seq: number;
  /** 32 bytes. Ask the log when it was first seen. */
  readonly hash: Uint8Array;
}
/** Who added a device: of several that did, one whose entry holds. */
export interface Adding extends EntryPlace {
  /** Added by recovery words instead of a device. */
  readonly byWords: boolean;
}
export interface Device {
  readonly feed: FeedId;
  readonly publicKey: Uint8Array;
  readonly state: DeviceState;
  /** All that hold; an event or entry counts when it lies inside every one. */
  readonly cuts: readonly Cut[];
  /** Of a backup: it is never sent anything. */
  readonly spare: boolean;
  /** Null for the device of the inception. */
  readonly added: Adding | null;
}
/** A recovery key set after the inception. */
export interface LaterRecovery {
  readonly entry: EntryPlace;
  readonly key: Uint8Array;
  /** `waiting`: may still be refused. `void`: the device that set it was removed below it. */
  readonly state: 'waiting' | 'in effect' | 'refused' | 'void';
  /** Shared time in milliseconds from which it holds; undefined until others have seen it. */
  readonly from: number | undefined;
}
/** Another member, of another conversation, that this one says it took in. It holds when the other side agrees: merge.ts. */
export interface Absorbed extends Party {
  readonly entry: EntryPlace;
  /** The other's device that consented. */
  readonly device: Uint8Array;
}
export interface Member {
  readonly id: MemberId;
  readonly kind: MemberKind;
  readonly recoveryKey: Uint8Array;
  readonly versions: readonly number[];
  /** In the order of their feeds' bytes. */
  readonly devices: readonly Device[];
  /** In the order of their entries' hashes. */
  readonly recoveries: readonly LaterRecovery[];
  /** In the order of the others' ids, each once. */
  readonly absorbed: readonly Absorbed[];
}
/** A removal of a device, to be witnessed by other members and shown to its own. */
export interface DeviceRemoval {
  readonly entry: EntryPlace;
  readonly device: FeedId;
  /** `open`: opposed by another, so that both are contested. */
  readonly verdict: Verdict;
}
export interface Charter {
  /** In the order of their ids' bytes. */
  readonly members: readonly Member[];
  /** In the order of their entries' hashes. */
  readonly removals: readonly DeviceRemoval[];
  /** An entry of an unknown kind stands in some feed: nothing after it counts until this build knows it. */
  readonly frozen: boolean;
}
export interface CharterRules extends Evidence {
  /** Roots an inception may name. */
  readonly roots: readonly Uint8Array[];
  /** The inceptions that birth or a later charter let in; undefined lets all in. */
  readonly admitted?: readonly MemberId[];
  /** Recovery keys whose words were entered where this is judged: they are in effect, however young their entries are. */
  readonly proven?: readonly Word[];
}
