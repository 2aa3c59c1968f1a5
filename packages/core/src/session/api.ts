// The functions of this folder, as types.
import type { Crypto, Secret } from '../crypto/index.ts';
import type { Randomness } from '../ports/index.ts';
import type { HelloInput, HelloParties, HelloState, HelloStep } from './hello-types.ts';
import type { Generation, Opened, Role, SealedSlot, Session, SessionStep, SessionWrite } from './types.ts';

/** `emptySession()`: no generation yet. */
export type EmptySession = () => Session;
/** From an exporter of 64 bytes, which it wipes. */
export type CreateGeneration = (crypto: Crypto, exporter: Secret, role: Role, now: number) => Generation;
/** Makes it the newest; drops generations that are safe to drop. */
export type AddGeneration = (session: Session, generation: Generation, now: number) => SessionStep;
/** From its rows (keys as in the writes); undefined when they are not of this format. */
export type LoadSession = (rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]) => Session | undefined;
/** All rows of a session, for a copy or a rewrite. */
export type SessionRows = (session: Session) => readonly SessionWrite[];
/** Is there a generation to send in? */
export type CanSend = (session: Session) => boolean;
/** Is the newest generation old or used enough for a new hello? */
export type RenewalDue = (session: Session, now: number) => boolean;
/** Seals a body key for this device. `tag`: the 16 bytes of the cell. Undefined when there is no generation. */
export type SealSlot = (session: Session, crypto: Crypto, randomness: Randomness, bodyKey: Uint8Array, tag: Uint8Array) => SealedSlot | undefined;
/** Tries slots (each 80 bytes). The session is taken over only when the result is `opened`. */
export type OpenSlots = (session: Session, crypto: Crypto, slots: readonly Uint8Array[], tag: Uint8Array, now: number) => Opened;
/** Wipes all secrets. */
export type WipeSession = (session: Session) => void;
export type HelloStepOf = (state: HelloState, crypto: Crypto, parties: HelloParties, input: HelloInput, now: number) => HelloStep;
