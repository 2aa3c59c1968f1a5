// How long a person waits for the right passphrase: Argon2id at the cost that homes are made with, and the engine's start.
import { Secret } from '@kith/core/crypto';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { PASSPHRASE_COST } from '@kith/core/client';
import { openNodeKith } from '@kith/platform-node';
import type { Bench, Racing } from './bench.ts';
import { openBrowser } from './browser.ts';
import { APP, buildParts } from './build.ts';
import { inTurn, now } from './figures.ts';

const PASSPHRASE = 'four random words here';
/** What libsodium itself takes for the hash alone, in a thread that holds its memory already. */
const PEER = 'argon2id-alone';
const LINE = { unit: 'ms', better: 'lower', durability: 'power' } as const;

const inNode = async ({ yard, isQuick, print }: Racing): Promise<void> => {
  const kith = await openNodeKith({ home: yard.newFolder('locked'), relays: [], online: false });
  await kith.call('lock.set', { next: PASSPHRASE });
  const crypto = await createLibsodium();
  const salt = new Uint8Array(16);
  const hash = (): number => {
    const start = now();
    const key: Secret = crypto.passphraseKey(
      new TextEncoder().encode(PASSPHRASE),
      salt,
      PASSPHRASE_COST.operations,
      PASSPHRASE_COST.memory,
    );
    key.wipe();
    return now() - start;
  };
  const unlock = async (): Promise<number> => {
    await kith.call('lock.now', {});
    const start = now();
    await kith.call('lock.unlock', { passphrase: PASSPHRASE });
    return now() - start;
  };
  const [value, peerValue] = await inTurn(isQuick ? 1 : 7, unlock, hash);
  print({ ...LINE, metric: 'unlock', value, peer: PEER, peerValue });
  await kith.close();
};

/** From the press of the button until the first screen is there. */
const inChromium = async ({ yard, isQuick, print }: Racing): Promise<void> => {
  buildParts('web');
  const relay = await yard.relay('process', ['--web-root', APP]);
  const { context, page } = await openBrowser(yard.newFolder('profile'));
  try {
    await page.goto(`${relay.url}/`);
    await page.getByRole('button', { name: 'I have an invitation' }).waitFor();
    await page.keyboard.press('Control+,');
    await page.getByRole('button', { name: 'Set a passphrase' }).click();
    await page.getByLabel('New passphrase').fill(PASSPHRASE);
    await page.getByLabel('The same once more').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Set it' }).click();
    const lock = page.getByRole('button', { name: 'Lock now' });
    const unlock = async (): Promise<number> => {
      await lock.click();
      await page.getByLabel('Passphrase').fill(PASSPHRASE);
      const start = now();
      await page.getByLabel('Passphrase').press('Enter');
      await lock.waitFor();
      return now() - start;
    };
    const [value] = await inTurn(isQuick ? 1 : 7, unlock);
    print({ ...LINE, metric: 'chromium-unlock', value, peer: 'none', peerValue: null });
  } finally {
    await context.close();
  }
};

export const bench: Bench = async (racing) => {
  await inNode(racing);
  await inChromium(racing);
};
