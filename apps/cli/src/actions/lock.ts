import { KithError, type Kith, type LockState } from '@kith/core/client';
import { resolve } from 'node:path';
import { toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';
import { passphraseOfFile, startAsking, type Asking } from './passphrase.ts';

const print = ({ print }: Context, { passphrase, locked, waitUntil }: LockState): void => {
  const words = locked ? 'This home is locked.' : 'This home is open.';
  print.record(
    { passphrase, locked, waitUntil: waitUntil === null ? null : toTime(waitUntil) },
    passphrase ? words : 'This home has no passphrase: whoever can read its folder can read everything in it.',
  );
};

/** What the options name, else what is typed. */
const current = async ({ input, host }: Context, asking: Asking): Promise<string> => {
  const file = input.option('passphrase-file');
  return file === undefined ? asking.ask('Passphrase: ') : passphraseOfFile(resolve(host.folder, file));
};
const wanted = async ({ input, host }: Context, asking: Asking, what: string): Promise<string> => {
  const file = input.option('new-passphrase-file');
  if (file !== undefined) return passphraseOfFile(resolve(host.folder, file));
  const typed = await asking.ask(`${what}: `);
  if (asking.twice && (await asking.ask('Once more: ')) !== typed)
    throw new KithError('bad-passphrase', { message: 'The two are not the same.', hint: 'Type it again.' });
  return typed;
};

const set = async (context: Context, kith: Kith, state: LockState, asking: Asking): Promise<void> => {
  if (state.passphrase) {
    const passphrase = await current(context, asking);
    await kith.call('lock.set', { passphrase, next: await wanted(context, asking, 'New passphrase') });
    return;
  }
  const { input, host } = context;
  // There is no other one yet that --passphrase-file could mean.
  const file = input.option('new-passphrase-file') === undefined ? input.option('passphrase-file') : undefined;
  const next =
    file === undefined
      ? await wanted(context, asking, 'New passphrase')
      : await passphraseOfFile(resolve(host.folder, file));
  await kith.call('lock.set', { next });
};

const WISHES = ['set', 'remove', 'duress', 'no-duress'] as const;

/** What is changed is changed in an open home: one that is locked is opened first with the passphrase so far. */
export const lock: Action = async (context) => {
  const { input } = context;
  const wishes = WISHES.filter((name) => input.flag(name));
  if (wishes.length > 1)
    throw new KithError('bad-option', { message: `One of --${wishes.join(' and --')} at a time.` });
  const kith = await context.kith(null);
  let state = await kith.call('lock.state', {});
  const [wish] = wishes;
  if (wish !== undefined) {
    const asking = startAsking(context);
    if (wish === 'set') await set(context, kith, state, asking);
    else {
      if (!state.passphrase) throw new KithError('no-passphrase');
      const passphrase = await current(context, asking);
      if (wish === 'remove') await kith.call('lock.set', { passphrase, next: null });
      else {
        const next = wish === 'duress' ? await wanted(context, asking, 'Duress passphrase') : null;
        await kith.call('lock.duress', { passphrase, next });
      }
    }
    state = await kith.call('lock.state', {});
  }
  // Set once, it is asked for from now on.
  if (wish === undefined || wish === 'set') state = await kith.call('lock.now', {});
  print(context, state);
  return 0;
};

export const unlock: Action = async (context) => {
  let owner = false;
  const kith = await context.kith(null, (owns) => (owner = owns));
  let state = await kith.call('lock.state', {});
  if (!state.passphrase) throw new KithError('no-passphrase');
  if (state.locked) {
    state = await kith.call('lock.unlock', { passphrase: await current(context, startAsking(context)) });
  }
  if (owner) context.print.talk('No daemon runs on this home: it is locked again when this command ends.');
  print(context, state);
  return 0;
};
