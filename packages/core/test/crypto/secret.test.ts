import { beforeAll, expect, test } from 'vitest';
import { concat, utf8 } from '@kith/core/bytes';
import { derive, deriveBytes, Secret, type Crypto } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';

let crypto: Crypto;
beforeAll(async () => {
  crypto = await createLibsodium();
});

test('a secret does not print', () => {
  const secret = new Secret(utf8('hidden'));
  expect([`${secret}`, JSON.stringify({ secret }), Object.prototype.toString.call(secret)]).toEqual([
    '[secret]',
    '{"secret":"[secret]"}',
    '[object Secret]',
  ]);
});
test('a secret wiped leaves zeros in the memory it took over, and cannot be used; a copy has memory of its own', () => {
  const memory = Uint8Array.of(1, 2, 3);
  const secret = new Secret(memory);
  const copy = secret.copy();
  expect([secret.length, copy.length]).toEqual([3, 3]);
  secret.wipe();
  secret.wipe();
  expect(memory).toEqual(new Uint8Array(3));
  expect(secret.length).toBe(0);
  expect(() => secret.expose()).toThrow('a wiped secret was used');
  expect(() => secret.copy()).toThrow('a wiped secret was used');
  expect(copy.expose()).toEqual(Uint8Array.of(1, 2, 3));
});
test('what is derived is the hash, keyed by the secret, of the label, a zero and the context', () => {
  const key = new Secret(new Uint8Array(32).fill(7));
  const said = concat(utf8('kith some label'), Uint8Array.of(0, 1, 2));
  const context = [Uint8Array.of(1), Uint8Array.of(2)];
  expect(derive(crypto, key, 'some label', ...context).expose()).toEqual(crypto.hash(32, said, key.expose()));
  expect(deriveBytes(crypto, 16, key, 'some label', ...context)).toEqual(crypto.hash(16, said, key.expose()));
  expect(deriveBytes(crypto, 16, key, 'ab')).not.toEqual(deriveBytes(crypto, 16, key, 'a', utf8('b')));
});
