// One function for each kind of entry that a device writes.
import { encode, type Codec, type Extension } from '../codec/index.ts';
import type { Crypto, SigningKey } from '../crypto/index.ts';
import {
  absorbBody,
  addDeviceBody,
  ENTRY_KINDS,
  inceptionBody,
  MEMBER_KINDS,
  recoveryBody,
  refuseBody,
  removeBody,
  SPARE_EXTENSION,
  witnessBody,
  type MemberKind,
} from './bodies.ts';
import { firstEntryPoint, signEntry, type EntryPoint } from './entry.ts';

export interface Inception {
  readonly key: SigningKey;
  readonly root: Uint8Array;
  readonly memberKind: MemberKind;
  /** 32 bytes; random when the person has no recovery words. */
  readonly recoveryKey: Uint8Array;
  readonly versions: readonly number[];
}
export const createInception = (
  crypto: Crypto,
  { key, root, memberKind, recoveryKey, versions }: Inception,
): Uint8Array =>
  signEntry(
    crypto,
    key,
    firstEntryPoint(root),
    ENTRY_KINDS.inception,
    encode(inceptionBody, { memberKind: MEMBER_KINDS[memberKind], recoveryKey, versions }),
  );
/** Of one kind: what the body says is the caller's, who signs and where is the same for all. */
type Create<T> = (crypto: Crypto, key: SigningKey, at: EntryPoint, body: T) => Uint8Array;
const creating =
  <T>(kind: number, body: Codec<T>, extensions: readonly Extension[] = []): Create<T> =>
  (crypto, key, at, value) =>
    signEntry(crypto, key, at, kind, encode(body, value), extensions);

export const createAddDevice = creating(ENTRY_KINDS.addDevice, addDeviceBody);
/** A device that exists only in a backup (docs/decisions/0007): it lets one device in, and never talks. */
export const createAddSpare = creating(ENTRY_KINDS.addDevice, addDeviceBody, [
  { id: SPARE_EXTENSION, critical: false, value: new Uint8Array(0) },
]);
export const createRemoval = creating(ENTRY_KINDS.remove, removeBody);
export const createWitness = creating(ENTRY_KINDS.witness, witnessBody);
export const createRecovery = creating(ENTRY_KINDS.recovery, recoveryBody);
export const createRefusal = creating(ENTRY_KINDS.refuse, refuseBody);
export const createAbsorb = creating(ENTRY_KINDS.absorb, absorbBody);
