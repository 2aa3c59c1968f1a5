// The working group's vectors for suite 3 (X25519) through our provider: labels, key schedule, secret tree, protection
// of messages, Welcome, joining.
import sodium from 'libsodium-wrappers-sumo';
import {
  bytesToBase64,
  decode,
  joinGroup,
  keyPackageDecoder,
  keyPackageEncoder,
  encode,
  makeKeyPackageRef,
  mlsExporter,
  mlsMessageDecoder,
  unsafeTestingAuthenticationService,
  wireformats,
  type CiphersuiteImpl,
  type MlsMessage,
  type RatchetTree,
} from 'ts-mls';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, fromHex, readUint32, toHex, uint32, uint48, utf8 } from '@kith/core/bytes';
import { seededRandomness } from '@kith/testkit/seeded-randomness';
import { createX25519Suite, X25519_SUITE_ID } from './x25519-suite.ts';

type Json = Readonly<Record<string, unknown>>;
const sets = import.meta.glob<readonly Json[]>('../../../../../shared/vectors/mls/*.json', { import: 'default' });
const missing = Object.keys(sets).length === 0;
if (missing) console.log('No published vectors at ../shared/vectors: these tests are skipped.');
const vectors = async (name: string): Promise<readonly Json[]> => {
  const load = Object.entries(sets).find(([path]) => path.endsWith(`/${name}.json`))?.[1];
  if (load === undefined) throw new Error(`no vectors named ${name}`);
  return (await load()).filter((vector) => Number(vector.cipher_suite) === X25519_SUITE_ID);
};
const hex = (text: string): Uint8Array => {
  const read = fromHex(text);
  if (read === undefined) throw new Error('a vector that is not hexadecimal');
  return read;
};

/** Lengths as QUIC writes them (RFC 9000, section 16), as MLS does. */
const vector = (data: Uint8Array): Uint8Array =>
  concat(
    data.length < 64 ? Uint8Array.of(data.length) : Uint8Array.of(0x40 | (data.length >> 8), data.length & 255),
    data,
  );
const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);

let suite: CiphersuiteImpl;
beforeAll(async () => {
  suite = await createX25519Suite((length) => seededRandomness(1).bytes(length));
});
const expandWithLabel = (secret: Uint8Array, label: string, context: Uint8Array, length: number): Promise<Uint8Array> =>
  suite.kdf.expand(secret, concat(uint16(length), vector(utf8(`MLS 1.0 ${label}`)), vector(context)), length);
const deriveSecret = (secret: Uint8Array, label: string): Promise<Uint8Array> =>
  expandWithLabel(secret, label, new Uint8Array(0), suite.kdf.size);

/** Of a full tree with a power of two leaves: down from the root, left or right by the leaf's bits. */
const leafSecret = async (root: Uint8Array, leaf: number, leaves: number): Promise<Uint8Array> => {
  let secret = root;
  for (let half = leaves / 2; half >= 1; half /= 2) {
    secret = await expandWithLabel(secret, 'tree', utf8((leaf / half) % 2 < 1 ? 'left' : 'right'), 32);
  }
  return secret;
};
const ratchetKey = async (leaf: Uint8Array, kind: 'handshake' | 'application', generation: number) => {
  let secret = await expandWithLabel(leaf, kind, new Uint8Array(0), 32);
  for (let i = 0; i < generation; i++) secret = await expandWithLabel(secret, 'secret', uint32(i), 32);
  return {
    key: await expandWithLabel(secret, 'key', uint32(generation), 32),
    nonce: await expandWithLabel(secret, 'nonce', uint32(generation), 12),
  };
};

describe.skipIf(missing)('MLS vectors of the X25519 suite', () => {
  test('crypto basics', async () => {
    const [basics] = await vectors('crypto-basics');
    if (basics === undefined) throw new Error('no vector');
    const { ref_hash, expand_with_label, derive_secret, derive_tree_secret, sign_with_label, encrypt_with_label } =
      basics as Record<string, Record<string, string>>;
    const of = (set: Record<string, string> | undefined, field: string): Uint8Array => hex(set?.[field] ?? 'none');
    const ref = await suite.hash.digest(concat(vector(utf8(ref_hash?.label ?? '')), vector(of(ref_hash, 'value'))));
    expect(toHex(ref)).toBe(ref_hash?.out);
    const expanded = await expandWithLabel(
      of(expand_with_label, 'secret'),
      expand_with_label?.label ?? '',
      of(expand_with_label, 'context'),
      Number(expand_with_label?.length),
    );
    expect(toHex(expanded)).toBe(expand_with_label?.out);
    expect(toHex(await deriveSecret(of(derive_secret, 'secret'), derive_secret?.label ?? ''))).toBe(derive_secret?.out);
    const generation = Number(derive_tree_secret?.generation);
    const treeSecret = await expandWithLabel(
      of(derive_tree_secret, 'secret'),
      derive_tree_secret?.label ?? '',
      uint32(generation),
      Number(derive_tree_secret?.length),
    );
    expect(toHex(treeSecret)).toBe(derive_tree_secret?.out);
    const signed = concat(
      vector(utf8(`MLS 1.0 ${sign_with_label?.label ?? ''}`)),
      vector(of(sign_with_label, 'content')),
    );
    expect(await suite.signature.verify(of(sign_with_label, 'pub'), signed, of(sign_with_label, 'signature'))).toBe(
      true,
    );
    expect(
      await suite.signature.verify(of(sign_with_label, 'pub'), signed.subarray(1), of(sign_with_label, 'signature')),
    ).toBe(false);
    const { privateKey } = sodium.crypto_sign_seed_keypair(of(sign_with_label, 'priv'));
    expect(toHex(await suite.signature.sign(privateKey, signed))).toBe(sign_with_label?.signature);
    const info = concat(
      vector(utf8(`MLS 1.0 ${encrypt_with_label?.label ?? ''}`)),
      vector(of(encrypt_with_label, 'context')),
    );
    const key = await suite.hpke.importPrivateKey(of(encrypt_with_label, 'priv'));
    const opened = await suite.hpke.open(
      key,
      of(encrypt_with_label, 'kem_output'),
      of(encrypt_with_label, 'ciphertext'),
      info,
    );
    expect(toHex(opened)).toBe(encrypt_with_label?.plaintext);
    const publicKey = await suite.hpke.importPublicKey(of(encrypt_with_label, 'pub'));
    const sealed = await suite.hpke.seal(publicKey, opened, info);
    expect(await suite.hpke.open(key, sealed.enc, sealed.ct, info)).toEqual(opened);
  });

  test('key schedule', async () => {
    const [schedule] = await vectors('key-schedule');
    if (schedule === undefined) throw new Error('no vector');
    let init = hex(schedule.initial_init_secret as string);
    let epochs = 0;
    for (const epoch of schedule.epochs as readonly Record<string, string>[]) {
      const context = hex(epoch.group_context as string);
      const joiner = await expandWithLabel(
        await suite.kdf.extract(init, hex(epoch.commit_secret as string)),
        'joiner',
        context,
        32,
      );
      expect(toHex(joiner)).toBe(epoch.joiner_secret);
      const member = await suite.kdf.extract(joiner, hex(epoch.psk_secret as string));
      expect(toHex(await deriveSecret(member, 'welcome'))).toBe(epoch.welcome_secret);
      const secret = await expandWithLabel(member, 'epoch', context, 32);
      const named = {
        init: 'init_secret',
        'sender data': 'sender_data_secret',
        encryption: 'encryption_secret',
        exporter: 'exporter_secret',
        external: 'external_secret',
        confirm: 'confirmation_key',
        membership: 'membership_key',
        resumption: 'resumption_psk',
        authentication: 'epoch_authenticator',
      };
      for (const [label, field] of Object.entries(named)) {
        expect([field, toHex(await deriveSecret(secret, label))]).toEqual([field, epoch[field]]);
      }
      const external = await suite.hpke.deriveKeyPair(hex(epoch.external_secret as string));
      expect(toHex(await suite.hpke.exportPublicKey(external.publicKey))).toBe(epoch.external_pub);
      const { label, context: of, length, secret: exported } = epoch.exporter as unknown as Record<string, string>;
      const out = await mlsExporter(
        hex(epoch.exporter_secret as string),
        label ?? '',
        hex(of ?? ''),
        Number(length),
        suite,
      );
      expect(toHex(out)).toBe(exported);
      init = hex(epoch.init_secret as string);
      epochs++;
    }
    expect(epochs).toBeGreaterThan(3);
  });

  test('secret tree', async () => {
    const found = await vectors('secret-tree');
    let keys = 0;
    for (const given of found) {
      const { sender_data_secret, ciphertext, key, nonce } = given.sender_data as Record<string, string>;
      const sample = hex(ciphertext ?? '').subarray(0, 32);
      expect(toHex(await expandWithLabel(hex(sender_data_secret ?? ''), 'key', sample, 32))).toBe(key);
      expect(toHex(await expandWithLabel(hex(sender_data_secret ?? ''), 'nonce', sample, 12))).toBe(nonce);
      const leaves = given.leaves as readonly (readonly Record<string, string | number>[])[];
      for (const [leaf, generations] of leaves.entries()) {
        const secret = await leafSecret(hex(given.encryption_secret as string), leaf, leaves.length);
        for (const stated of generations) {
          for (const kind of ['handshake', 'application'] as const) {
            const ratchet = await ratchetKey(secret, kind, Number(stated.generation));
            expect(toHex(ratchet.key)).toBe(stated[`${kind}_key`]);
            expect(toHex(ratchet.nonce)).toBe(stated[`${kind}_nonce`]);
            keys++;
          }
        }
      }
    }
    expect(keys).toBeGreaterThan(20);
  });

  test('message protection: private messages open, and their signatures hold', async () => {
    const [given] = (await vectors('message-protection')) as readonly Record<string, string>[];
    if (given === undefined) throw new Error('no vector');
    const epoch = concat(new Uint8Array(2), uint48(Number(given.epoch)));
    const groupId = vector(hex(given.group_id ?? ''));
    const context = concat(
      uint16(1),
      uint16(X25519_SUITE_ID),
      groupId,
      epoch,
      vector(hex(given.tree_hash ?? '')),
      vector(hex(given.confirmed_transcript_hash ?? '')),
      Uint8Array.of(0),
    );
    for (const [name, kind] of [
      ['application', 'application'],
      ['proposal', 'handshake'],
      ['commit', 'handshake'],
    ] as const) {
      const { privateMessage } = message(given[`${name}_priv`] ?? '', wireformats.mls_private_message);
      const { contentType, authenticatedData, encryptedSenderData, ciphertext } = privateMessage;
      const head = concat(groupId, epoch, Uint8Array.of(contentType));
      const secret = hex(given.sender_data_secret ?? '');
      const sample = ciphertext.subarray(0, 32);
      const [key, nonce] = [
        await expandWithLabel(secret, 'key', sample, 32),
        await expandWithLabel(secret, 'nonce', sample, 12),
      ];
      const sender = await suite.hpke.decryptAead(key, nonce, head, encryptedSenderData);
      const [leaf, generation] = [readUint32(sender, 0), readUint32(sender, 4)];
      const ratchet = await ratchetKey(await leafSecret(hex(given.encryption_secret ?? ''), leaf, 2), kind, generation);
      const guarded = ratchet.nonce.map((byte, i) => (i < 4 ? byte ^ (sender[8 + i] as number) : byte));
      const plain = await suite.hpke.decryptAead(
        ratchet.key,
        guarded,
        concat(head, vector(authenticatedData)),
        ciphertext,
      );
      const stated = hex(given[name] ?? '');
      const content = name === 'application' ? vector(stated) : stated;
      expect(toHex(plain.subarray(0, content.length))).toBe(toHex(content));
      const framed = concat(
        uint16(1),
        uint16(wireformats.mls_private_message),
        groupId,
        epoch,
        Uint8Array.of(1, 0, 0, 0, leaf),
        vector(authenticatedData),
        Uint8Array.of(contentType),
        content,
        context,
      );
      const signature = plain.subarray(content.length + 2, content.length + 66);
      const signed = concat(vector(utf8('MLS 1.0 FramedContentTBS')), vector(framed));
      expect(await suite.signature.verify(hex(given.signature_pub ?? ''), signed, signature)).toBe(true);
    }
  });

  const message = <W extends MlsMessage['wireformat']>(
    text: string,
    wireformat: W,
  ): MlsMessage & { readonly wireformat: W } => {
    const read = decode(mlsMessageDecoder, hex(text));
    if (read?.wireformat !== wireformat) throw new Error('another message than expected');
    return read as MlsMessage & { readonly wireformat: W };
  };

  test('the Welcome is for this KeyPackage, and its group secrets open with the init key', async () => {
    const found = await vectors('welcome');
    for (const given of found) {
      const { keyPackage } = message(given.key_package as string, wireformats.mls_key_package);
      const { welcome } = message(given.welcome as string, wireformats.mls_welcome);
      expect(
        encode(keyPackageEncoder, decode(keyPackageDecoder, encode(keyPackageEncoder, keyPackage)) ?? keyPackage),
      ).toEqual(encode(keyPackageEncoder, keyPackage));
      const ref = await makeKeyPackageRef(keyPackage, suite.hash);
      const secrets = welcome.secrets.find(({ newMember }) => toHex(newMember) === toHex(ref));
      if (secrets === undefined) throw new Error('not for this KeyPackage');
      const info = concat(vector(utf8('MLS 1.0 Welcome')), vector(welcome.encryptedGroupInfo));
      const key = await suite.hpke.importPrivateKey(hex(given.init_priv as string));
      const { kemOutput, ciphertext } = secrets.encryptedGroupSecrets;
      const groupSecrets = await suite.hpke.open(key, kemOutput, ciphertext, info);
      const joiner = groupSecrets.subarray(1, 1 + (groupSecrets[0] as number));
      const welcomeSecret = await deriveSecret(await suite.kdf.extract(joiner, new Uint8Array(32)), 'welcome');
      const box = [
        await expandWithLabel(welcomeSecret, 'key', new Uint8Array(0), 32),
        await expandWithLabel(welcomeSecret, 'nonce', new Uint8Array(0), 12),
      ] as const;
      const groupInfo = await suite.hpke.decryptAead(...box, undefined, welcome.encryptedGroupInfo);
      // The signature is the last field: 64 bytes behind two of length; it covers all before it.
      const signed = concat(vector(utf8('MLS 1.0 GroupInfoTBS')), vector(groupInfo.subarray(0, -66)));
      expect(await suite.signature.verify(hex(given.signer_pub as string), signed, groupInfo.subarray(-64))).toBe(true);
    }
    expect(found.length).toBeGreaterThan(0);
  });

  test('passive clients join by their Welcome and come to the epoch authenticator', async () => {
    const found = await vectors('passive-client-welcome');
    for (const given of found) {
      const { keyPackage } = message(given.key_package as string, wireformats.mls_key_package);
      const { welcome } = message(given.welcome as string, wireformats.mls_welcome);
      const externalPsks = Object.fromEntries(
        (given.external_psks as readonly Record<string, string>[]).map(({ psk_id, psk }) => [
          bytesToBase64(hex(psk_id ?? '')),
          hex(psk ?? ''),
        ]),
      );
      const treeText = given.ratchet_tree as string | null;
      const state = await joinGroup({
        context: { cipherSuite: suite, authService: unsafeTestingAuthenticationService, externalPsks },
        welcome,
        keyPackage,
        privateKeys: {
          initPrivateKey: hex(given.init_priv as string),
          hpkePrivateKey: hex(given.encryption_priv as string),
          signaturePrivateKey: hex(given.signature_priv as string),
        },
        ...(treeText === null ? {} : { ratchetTree: await readTree(hex(treeText)) }),
      });
      expect(toHex(state.keySchedule.epochAuthenticator)).toBe(given.initial_epoch_authenticator);
    }
    expect(found.length).toBeGreaterThan(3);
  });
});

/** ts-mls keeps its decoder of trees to itself, except behind its modules' paths. */
const readTree = async (data: Uint8Array): Promise<RatchetTree> => {
  const { ratchetTreeDecoder } = (await import('../../../../node_modules/ts-mls/dist/src/ratchetTree.js')) as {
    readonly ratchetTreeDecoder: (data: Uint8Array, offset: number) => readonly [RatchetTree, number] | undefined;
  };
  const read = ratchetTreeDecoder(data, 0);
  if (read === undefined) throw new Error('a tree that does not decode');
  return read[0];
};
