// One function for each kind of entry that a device writes.
import { encode, type Infer } from '../codec/index.ts';
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
export const createAddDevice = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof addDeviceBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.addDevice, encode(addDeviceBody, body));
/** A device that exists only in a backup (docs/decisions/0007): it lets one device in, and never talks. */
export const createAddSpare = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof addDeviceBody>,
): Uint8Array =>
  signEntry(crypto, key, at, ENTRY_KINDS.addDevice, encode(addDeviceBody, body), [
    { id: SPARE_EXTENSION, critical: false, value: new Uint8Array(0) },
  ]);
export const createRemoval = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof removeBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.remove, encode(removeBody, body));
export const createWitness = (crypto: Crypto, key: SigningKey, at: EntryPoint, removal: Uint8Array): Uint8Array =>
  signEntry(crypto, key, at, ENTRY_KINDS.witness, encode(witnessBody, { removal }));
export const createRecovery = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof recoveryBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.recovery, encode(recoveryBody, body));
export const createRefusal = (crypto: Crypto, key: SigningKey, at: EntryPoint, recovery: Uint8Array): Uint8Array =>
  signEntry(crypto, key, at, ENTRY_KINDS.refuse, encode(refuseBody, { recovery }));
export const createAbsorb = (
  crypto: Crypto,
  key: SigningKey,
  at: EntryPoint,
  body: Infer<typeof absorbBody>,
): Uint8Array => signEntry(crypto, key, at, ENTRY_KINDS.absorb, encode(absorbBody, body));
