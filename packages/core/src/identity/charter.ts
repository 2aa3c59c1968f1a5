// What a set of charter entries says: who is a member, with which devices, up to which cuts (spec 03, "Evaluation").
import type { Act, Cut, MemberKind, OpenEntry } from './entry.ts';
import type { FeedId, MemberId } from './ids.ts';

export type DeviceState = 'active' | 'removed' | 'contested';
export interface Device {
  readonly feed: FeedId;
  readonly publicKey: Uint8Array;
  readonly state: DeviceState;
  /** All that hold; an event or entry counts when it lies inside every one. */
  readonly cuts: readonly Cut[];
}
export interface Member {
  readonly id: MemberId;
  readonly kind: MemberKind;
  readonly recoveryKey: Uint8Array;
  readonly versions: readonly number[];
  /** In the order of their feeds' bytes. */
  readonly devices: readonly Device[];
}
export interface Charter {
  /** In the order of their ids' bytes. */
  readonly members: readonly Member[];
  /** An entry of an unknown kind stands in some feed: nothing after it counts until this build knows it. */
  readonly frozen: boolean;
}
export interface CharterRules {
  /** Roots an inception may name. */
  readonly roots: readonly Uint8Array[];
  /** The inceptions that birth or a later charter let in; undefined lets all in. */
  readonly admitted?: readonly MemberId[];
  /** Shared time in milliseconds, and when each entry (hash in hex) was first seen; without both nothing is final. */
  readonly now?: number;
  readonly seenAt?: ReadonlyMap<string, number>;
}
export type { Act, OpenEntry };
