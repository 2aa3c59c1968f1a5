// Key agreement by a two-member MLS group (RFC 9420) through ts-mls: whoever answers a KeyPackage makes the group, adds
// its maker, and sends the Welcome and its own leaf; the joiner rebuilds the tree from the two leaves. Of the group
// only one exporter secret is used, and everything else is wiped: no commits, no epochs, no MLS messages. Not held
// against: ts-mls is unaudited, and JavaScript may have copied what is wiped (spec/security.md).
import {
  createCommit,
  createGroup,
  decode,
  defaultCredentialTypes,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultPaddingConfig,
  defaultProposalTypes,
  encode,
  generateKeyPackageWithKey,
  joinGroup,
  keyPackageDecoder,
  keyPackageEncoder,
  leafNodeSources,
  mlsExporter,
  mlsMessageDecoder,
  mlsMessageEncoder,
  MlsError,
  nodeTypes,
  protocolVersions,
  wireformats,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientState,
  type KeyPackage,
  type Lifetime,
  type MlsContext,
  type Welcome,
} from 'ts-mls';
import { concat, equalBytes } from '../bytes/index.ts';
import { Secret, type SigningKey } from '../crypto/index.ts';
import { createMlsSuite, sha512, xwing, XWING_SUITE_ID } from '../crypto/mls-suite.ts';
import type { Randomness } from '../ports/index.ts';
import { EXPORTER_BYTES, type AgreementJob, type AgreementResult, type PairKeyAgreement } from './key-agreement.ts';

const EXPORTER_LABEL = 'kith session';
const MAX_IDENTITY_BYTES = 64;
const MAX_PACKET_BYTES = 4096;
const GROUP_ID_BYTES = 16;
/** For ever: age is counted by the hello and the offer, and a peer's clock a year off must not matter. */
const LIFETIME: Lifetime = { notBefore: 0n, notAfter: 2n ** 64n - 1n };
/** Fixed: ts-mls would otherwise add values drawn by Math.random. */
const CAPABILITIES: Capabilities = {
  versions: [protocolVersions.mls10],
  ciphersuites: [XWING_SUITE_ID],
  extensions: [],
  proposals: [],
  credentials: [defaultCredentialTypes.basic],
};

/** Draws all its randomness from the port; looks at no clock. */
export const createMlsAgreement = async (randomness: Randomness): Promise<PairKeyAgreement> => {
  const cipherSuite = await createMlsSuite(XWING_SUITE_ID, xwing, sha512, (length) => randomness.bytes(length));
  const context: MlsContext = {
    cipherSuite,
    // Whether this key and identity belong to whom the caller means is the caller's to check: it gets both.
    authService: {
      validateCredential: async (credential) => credential.credentialType === defaultCredentialTypes.basic,
    },
    clientConfig: {
      keyRetentionConfig: defaultKeyRetentionConfig,
      lifetimeConfig: { maximumTotalLifetime: LIFETIME.notAfter, validateLifetimeOnReceive: false },
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      paddingConfig: defaultPaddingConfig,
    },
  };
  return {
    name: 'mls',
    run: async (job) => {
      if (job.type === 'prepare') return runJob(context, randomness, job);
      // A wiped secret is a bug of the caller and throws here, outside of what is caught below.
      job.signer.privateKey.expose();
      if (job.type === 'join') job.initSecret.expose();
      try {
        return await runJob(context, randomness, job);
      } catch (error) {
        // ts-mls reports a peer's bad packet by throwing: its own errors, and those of its decoders on sealed contents.
        return { type: 'refused', reason: error instanceof MlsError ? error.name : 'malformed' };
      }
    },
  };
};

const REFUSED: AgreementResult = { type: 'refused', reason: 'malformed' };

const runJob = async (context: MlsContext, randomness: Randomness, job: AgreementJob): Promise<AgreementResult> => {
  const { cipherSuite } = context;
  switch (job.type) {
    case 'prepare': {
      const own = await makeKeyPackage(cipherSuite, job.signer, job.identity);
      // The leaf's private key is never used: nothing is ever encrypted to it, as the group has no second epoch.
      own.privatePackage.hpkePrivateKey.fill(0);
      return {
        type: 'prepared',
        keyPackage: encode(keyPackageEncoder, own.publicPackage),
        initSecret: new Secret(own.privatePackage.initPrivateKey),
      };
    }
    case 'answer': {
      const peer = readKeyPackage(job.keyPackage);
      if (peer === undefined) return REFUSED;
      const own = await makeKeyPackage(cipherSuite, job.signer, job.identity);
      own.privatePackage.initPrivateKey.fill(0);
      const group = await createGroup({
        context,
        groupId: randomness.bytes(GROUP_ID_BYTES),
        keyPackage: own.publicPackage,
        privateKeyPackage: own.privatePackage,
      });
      const { newState, welcome, consumed } = await createCommit({
        context,
        state: group,
        wireAsPublicMessage: true,
        extraProposals: [{ proposalType: defaultProposalTypes.add, add: { keyPackage: peer.keyPackage } }],
      });
      const exporter = await exportAndWipe(cipherSuite, newState);
      wipeState(group);
      wipeAll(consumed);
      own.privatePackage.hpkePrivateKey.fill(0);
      if (welcome === undefined) throw new Error('a commit with an add gave no Welcome');
      return {
        type: 'answered',
        welcome: encode(mlsMessageEncoder, welcome),
        leaf: leafOf(encode(keyPackageEncoder, own.publicPackage)),
        exporter,
        peerKey: peer.key,
        peerIdentity: peer.identity,
      };
    }
    case 'join': {
      const own = readKeyPackage(job.keyPackage);
      const peer = readLeaf(job.leaf);
      const welcome = readWelcome(job.welcome);
      if (own === undefined || peer === undefined || welcome === undefined) return REFUSED;
      const state = await joinGroup({
        context,
        welcome,
        keyPackage: own.keyPackage,
        privateKeys: {
          initPrivateKey: job.initSecret.expose(),
          hpkePrivateKey: new Uint8Array(0),
          signaturePrivateKey: new Uint8Array(0),
        },
        ratchetTree: [
          { nodeType: nodeTypes.leaf, leaf: peer.keyPackage.leafNode },
          undefined,
          { nodeType: nodeTypes.leaf, leaf: own.keyPackage.leafNode },
        ],
      });
      const exporter = await exportAndWipe(cipherSuite, state);
      return { type: 'joined', exporter, peerKey: peer.key, peerIdentity: peer.identity };
    }
  }
};

const makeKeyPackage = (cipherSuite: CiphersuiteImpl, signer: SigningKey, identity: Uint8Array) =>
  generateKeyPackageWithKey({
    credential: { credentialType: defaultCredentialTypes.basic, identity },
    capabilities: CAPABILITIES,
    lifetime: LIFETIME,
    extensions: [],
    signatureKeyPair: { signKey: signer.privateKey.expose(), publicKey: signer.publicKey },
    cipherSuite,
  });

interface ReadKeyPackage {
  readonly keyPackage: KeyPackage;
  readonly key: Uint8Array;
  readonly identity: Uint8Array;
}
/** Accepts one form only: our suite, a basic credential, the fixed capabilities and lifetime, no extensions. */
const readKeyPackage = (bytes: Uint8Array): ReadKeyPackage | undefined => {
  const keyPackage = read(
    bytes,
    (data) => decode(keyPackageDecoder, data),
    (value) => encode(keyPackageEncoder, value),
  );
  if (keyPackage === undefined || keyPackage.version !== protocolVersions.mls10) return undefined;
  if (keyPackage.cipherSuite !== XWING_SUITE_ID || keyPackage.extensions.length > 0) return undefined;
  const leaf = keyPackage.leafNode;
  if (leaf.leafNodeSource !== leafNodeSources.key_package || leaf.extensions.length > 0) return undefined;
  if (leaf.lifetime.notBefore !== LIFETIME.notBefore || leaf.lifetime.notAfter !== LIFETIME.notAfter) return undefined;
  if (!sameCapabilities(leaf.capabilities) || !('identity' in leaf.credential)) return undefined;
  const { identity } = leaf.credential;
  if (!(identity instanceof Uint8Array) || identity.length > MAX_IDENTITY_BYTES) return undefined;
  return { keyPackage, key: leaf.signaturePublicKey, identity };
};
const sameCapabilities = (found: Capabilities): boolean =>
  (Object.keys(CAPABILITIES) as (keyof Capabilities)[]).every(
    (name) => found[name].join() === CAPABILITIES[name].join(),
  );

const readWelcome = (bytes: Uint8Array): Welcome | undefined => {
  const message = read(
    bytes,
    (data) => decode(mlsMessageDecoder, data),
    (value) => encode(mlsMessageEncoder, value),
  );
  // ts-mls goes by the suite of the KeyPackage and looks at the Welcome's own nowhere: any would do.
  return message?.wireformat === wireformats.mls_welcome && message.welcome.cipherSuite === XWING_SUITE_ID
    ? message.welcome
    : undefined;
};

/** Strict: what is read has to give the same bytes again, so that a packet has one form and one hash. */
const read = <T>(
  bytes: Uint8Array,
  from: (bytes: Uint8Array) => T | undefined,
  to: (value: T) => Uint8Array,
): T | undefined => {
  if (bytes.length > MAX_PACKET_BYTES) return undefined;
  let value: T | undefined;
  try {
    value = from(bytes);
  } catch {
    // The decoders of ts-mls throw range and type errors, too, on bytes of other formats.
    return undefined;
  }
  return value !== undefined && equalBytes(to(value), bytes) ? value : undefined;
};

/**
 * A leaf travels alone, but ts-mls reads and writes it only inside a KeyPackage. So it is cut out of one, and read by
 * putting an empty one around it: version, suite, init key of 0 bytes | leaf | no extensions, signature of 0 bytes.
 */
const LEAF_BEFORE = Uint8Array.of(0, 1, XWING_SUITE_ID >> 8, XWING_SUITE_ID & 255, 0);
const LEAF_AFTER = Uint8Array.of(0, 0);
/**
 * Version and suite, then an init key of 1,216 bytes behind a length of 2; at the end 64 bytes of signature and 3
 * before.
 */
const LEAF_FROM = 4 + 2 + 1216;
const LEAF_UNTIL = -(1 + 2 + 64);
const leafOf = (keyPackage: Uint8Array): Uint8Array => keyPackage.slice(LEAF_FROM, LEAF_UNTIL);
const readLeaf = (leaf: Uint8Array): ReadKeyPackage | undefined =>
  readKeyPackage(concat(LEAF_BEFORE, leaf, LEAF_AFTER));

const exportAndWipe = async (cipherSuite: CiphersuiteImpl, state: ClientState): Promise<Secret> => {
  const { exporterSecret } = state.keySchedule;
  const exporter = await mlsExporter(exporterSecret, EXPORTER_LABEL, new Uint8Array(0), EXPORTER_BYTES, cipherSuite);
  wipeState(state);
  return new Secret(exporter);
};
/** Not the signature key: that is the signer's own, and lives on. */
const wipeState = ({ keySchedule, secretTree, privatePath }: ClientState): void =>
  wipeAll([keySchedule, secretTree, privatePath]);
const wipeAll = (value: unknown): void => {
  if (value instanceof Uint8Array) value.fill(0);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) wipeAll(inner);
};
