// The peer of `session`: two parties of libsignal (PQXDH, Triple Ratchet) whose sessions are stored in memory after every
// step, as its own clients store them in a database.
import {
  IdentityKeyStore,
  KEMKeyPair,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyBundle,
  PreKeyRecord,
  PreKeySignalMessage,
  PreKeyStore,
  PrivateKey,
  ProtocolAddress,
  processPreKeyBundle,
  SessionRecord,
  SessionStore,
  signalDecrypt,
  signalDecryptPreKey,
  signalEncrypt,
  SignalMessage,
  SignedPreKeyRecord,
  SignedPreKeyStore,
  IdentityChange,
  type PublicKey,
} from '@signalapp/libsignal-client';

const REGISTRATION = 5;

class Sessions extends SessionStore {
  readonly #records = new Map<string, Uint8Array<ArrayBuffer>>();
  async saveSession(name: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.#records.set(name.toString(), record.serialize());
  }
  async getSession(name: ProtocolAddress): Promise<SessionRecord | null> {
    const bytes = this.#records.get(name.toString());
    return bytes === undefined ? null : SessionRecord.deserialize(bytes);
  }
  async getExistingSessions(): Promise<SessionRecord[]> {
    return Array.from(this.#records.values(), (bytes) => SessionRecord.deserialize(bytes));
  }
}
class Identities extends IdentityKeyStore {
  readonly key = PrivateKey.generate();
  readonly #known = new Map<string, PublicKey>();
  async getIdentityKey(): Promise<PrivateKey> {
    return this.key;
  }
  async getLocalRegistrationId(): Promise<number> {
    return REGISTRATION;
  }
  async saveIdentity(name: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    this.#known.set(name.toString(), key);
    return IdentityChange.NewOrUnchanged;
  }
  async isTrustedIdentity(): Promise<boolean> {
    return true;
  }
  async getIdentity(name: ProtocolAddress): Promise<PublicKey | null> {
    return this.#known.get(name.toString()) ?? null;
  }
}
const kept = <T>(records: Map<number, T>, id: number): T => {
  const record = records.get(id);
  if (record === undefined) throw new Error(`no key ${id}`);
  return record;
};
class PreKeys extends PreKeyStore {
  readonly #records = new Map<number, PreKeyRecord>();
  async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  async getPreKey(id: number): Promise<PreKeyRecord> {
    return kept(this.#records, id);
  }
  async removePreKey(id: number): Promise<void> {
    this.#records.delete(id);
  }
}
class SignedPreKeys extends SignedPreKeyStore {
  readonly #records = new Map<number, SignedPreKeyRecord>();
  async saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    return kept(this.#records, id);
  }
}
class KyberPreKeys extends KyberPreKeyStore {
  readonly #records = new Map<number, KyberPreKeyRecord>();
  async saveKyberPreKey(id: number, record: KyberPreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    return kept(this.#records, id);
  }
  async markKyberPreKeyUsed(): Promise<void> {
    // One handshake is made here; nothing is used twice.
  }
}

const party = (address: string) => ({
  address: ProtocolAddress.new(address, 1),
  sessions: new Sessions(),
  identities: new Identities(),
  preKeys: new PreKeys(),
  signed: new SignedPreKeys(),
  kyber: new KyberPreKeys(),
});
type Party = ReturnType<typeof party>;

const bundleOf = async (owner: Party): Promise<PreKeyBundle> => {
  const once = PrivateKey.generate();
  const signed = PrivateKey.generate();
  const kem = KEMKeyPair.generate();
  const signature = owner.identities.key.sign(signed.getPublicKey().serialize());
  const kemSignature = owner.identities.key.sign(kem.getPublicKey().serialize());
  await owner.preKeys.savePreKey(1, PreKeyRecord.new(1, once.getPublicKey(), once));
  await owner.signed.saveSignedPreKey(
    1,
    SignedPreKeyRecord.new(1, Date.now(), signed.getPublicKey(), signed, signature),
  );
  await owner.kyber.saveKyberPreKey(1, KyberPreKeyRecord.new(1, Date.now(), kem, kemSignature));
  const identity = owner.identities.key.getPublicKey();
  return PreKeyBundle.new(
    REGISTRATION,
    1,
    1,
    once.getPublicKey(),
    1,
    signed.getPublicKey(),
    signature,
    identity,
    1,
    kem.getPublicKey(),
    kemSignature,
  );
};

export interface SignalPair {
  /** Seals for the other side and opens there; the plaintext that came out. */
  send(from: 'alice' | 'bob', text: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** Two parties past their handshake, each heard by the other. */
export const signalPair = async (): Promise<SignalPair> => {
  const alice = party('11111111-1111-4111-8111-111111111111');
  const bob = party('22222222-2222-4222-8222-222222222222');
  await processPreKeyBundle(await bundleOf(bob), bob.address, alice.address, alice.sessions, alice.identities);
  const hello = await signalEncrypt(new Uint8Array(1), bob.address, alice.address, alice.sessions, alice.identities);
  const first = PreKeySignalMessage.deserialize(hello.serialize());
  await signalDecryptPreKey(
    first,
    alice.address,
    bob.address,
    bob.sessions,
    bob.identities,
    bob.preKeys,
    bob.signed,
    bob.kyber,
  );
  const send: SignalPair['send'] = async (name, text) => {
    const [from, to] = name === 'alice' ? [alice, bob] : [bob, alice];
    const sealed = await signalEncrypt(text, to.address, from.address, from.sessions, from.identities);
    const message = SignalMessage.deserialize(sealed.serialize());
    return signalDecrypt(message, from.address, to.address, to.sessions, to.identities);
  };
  await send('bob', new Uint8Array(1));
  await send('alice', new Uint8Array(1));
  return { send };
};
