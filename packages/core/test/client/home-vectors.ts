// Makes spec/vectors/home.json: what a passphrase opens. Everything follows from fixed seeds. Run
// `node packages/core/test/client/write-home-vectors.ts` after a change of format; key files of older forms stay for ever.
import { fromHex, toBase64url, toHex } from '@kith/core/bytes';
import {
  encodeGuard,
  encodeKeyRecord,
  newCost,
  passphraseBytes,
  PASSPHRASE_COST,
  sealKeyRecord,
} from '@kith/core/client';
import { Secret, type Crypto } from '@kith/core/crypto';
import { seededRandomness } from '@kith/testkit/seeded-randomness';

/** As cheap as libsodium makes it, but for the one that shows what homes are made with. */
const CHEAP = { operations: 1, memory: 8192 };

export const homeVectors = (crypto: Crypto) => {
  const randomness = seededRandomness(1201);
  const secret = (): Secret => new Secret(randomness.bytes(32));
  const record = (passphrase: string, duress: string | null, price: typeof CHEAP) => {
    const cost = newCost(randomness, price);
    const under = (text: string): Secret =>
      crypto.passphraseKey(passphraseBytes(text) ?? new Uint8Array(0), cost.salt, cost.operations, cost.memory);
    const key = secret();
    const other = duress === null ? secret() : under(duress);
    const typed = under(passphrase);
    const sealed = sealKeyRecord(crypto, randomness, cost, typed, { does: 'open', key, other });
    return {
      record: toHex(encodeKeyRecord(sealed)),
      salt: toHex(cost.salt),
      operations: cost.operations,
      memory: cost.memory,
      passphrase,
      passphraseKey: toHex(typed.expose()),
      databaseKey: toHex(key.expose()),
      duress,
      refused: ['', `${passphrase} `, passphrase.toUpperCase()],
    };
  };
  const records = [
    record('four random words here', null, CHEAP),
    record('four random words here', 'another four random words', CHEAP),
    record('cafe\u0301 au lait', null, CHEAP),
    record('four random words here', null, PASSPHRASE_COST),
  ];
  const first = records[0]?.record ?? '';
  const changed = (at: number, byte: number): string => {
    const bytes = fromHex(first) ?? new Uint8Array(0);
    bytes[at] = byte;
    return toHex(bytes);
  };
  const plain = randomness.bytes(32);
  const text = (file: object): string => `${JSON.stringify(file)}\n`;
  const wrapped = toBase64url(fromHex(first) ?? new Uint8Array(0));
  return {
    records,
    // Bytes 19 to 23: passes (1), memory (19 2000), and the head of the list of slots.
    invalidRecords: {
      'no passes': changed(19, 0x00),
      'under 8,192 bytes of memory': changed(21, 0x1f),
      'another format': changed(1, 0x02),
      'one slot': toHex(fromHex(changed(23, 0x81))?.subarray(0, 24 + 112) ?? new Uint8Array(0)),
      'a byte more': `${first}00`,
      'a byte less': first.slice(0, -2),
    },
    guards: [
      { wrong: 0, lastAt: 0, lockAfter: 'off' },
      { wrong: 4, lastAt: 1_800_000_000_000, lockAfter: '5m' },
    ].map((guard) => ({ ...guard, guard: toHex(encodeGuard({ format: 1, ...guard })) })),
    keyFiles: [
      { text: text({ version: 1, wrap: 'none', key: toBase64url(plain) }), wrap: 'none', holds: toHex(plain) },
      { text: text({ version: 2, wrap: 'passphrase', record: wrapped }), wrap: 'passphrase', holds: first },
    ],
    invalidKeyFiles: [
      text({ version: 2, wrap: 'none', key: toBase64url(plain) }),
      text({ version: 1, wrap: 'passphrase', record: wrapped }),
      text({ version: 2, wrap: 'passphrase' }),
      text({ version: 2, wrap: 'passphrase', record: '!' }),
    ],
  };
};
