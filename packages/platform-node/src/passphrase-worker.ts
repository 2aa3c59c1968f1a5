// A thread of its own for Argon2id: it takes a second, and 256 MiB that are given back only when the thread ends.
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { parentPort, workerData } from 'node:worker_threads';
import type { Derivation } from './passphrase.ts';

const { passphrase, salt, operations, memory } = workerData as Derivation;
const crypto = await createLibsodium();
parentPort?.postMessage(crypto.passphraseKey(passphrase, salt, operations, memory).expose());
