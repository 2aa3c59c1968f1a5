import type { RecoveryState } from '@kith/core/client';
import { findConversation } from '../find/conversation.ts';
import { toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';
import { readPassphrase } from './passphrase.ts';

/** As secret as a passphrase, and read in the same ways: never from the command line. */
export const readWords = (context: Context): Promise<string> =>
  readPassphrase(context, ['words-file'], 'Recovery words', false);

export const recoveryCreate: Action = async (context) => {
  const { input, print } = context;
  const kith = await context.kith();
  const typed = input.flag('again') ? await readWords(context) : undefined;
  const { words } = await kith.call('recovery.create', typed === undefined ? {} : { words: typed });
  print.record({ words }, typed === undefined ? words.join(' ') : 'There are further keys under these words.');
  if (typed === undefined)
    print.talk(
      'Write them down now: they are kept nowhere. They count once you have typed them back: `kith recovery confirm`.',
    );
  return 0;
};

const show = ({ print }: Context, state: RecoveryState): number => {
  const waiting = state.waiting.map((one) => ({ ...one, from: one.from === null ? null : toTime(one.from) }));
  const lines = [
    state.madeAt === null ? 'There are no recovery words.' : `There are recovery words, made ${toTime(state.madeAt)}.`,
    ...(state.made ? [`They open ${state.ready} conversations, and ${state.without} not (yet).`] : []),
    ...waiting.map(
      ({ device, thisDevice, from }) =>
        `Words set by ${thisDevice ? 'this device' : device} wait${from === null ? '' : ` until ${from}`}; if it was not you: \`kith recovery refuse\`.`,
    ),
    ...state.contested.map(
      ({ device }) =>
        `${device} is disputed: devices removed each other. \`kith device revoke DEVICE --words\` decides.`,
    ),
  ];
  const madeAt = state.madeAt === null ? null : toTime(state.madeAt);
  print.record({ ...state, madeAt, waiting }, [...new Set(lines)].join('\n'));
  return 0;
};
export const recoveryConfirm: Action = async (context) => {
  const kith = await context.kith();
  const shown = show(context, await kith.call('recovery.confirm', { words: await readWords(context) }));
  context.print.talk(
    'Conversations that are here already are under them when the other person has seen it for 7 days. Keep the paper.',
  );
  return shown;
};
export const recoveryStatus: Action = async (context) =>
  show(context, await (await context.kith()).call('recovery.state', {}));
export const recoveryRefuse: Action = async (context) =>
  show(context, await (await context.kith()).call('recovery.refuse', {}));

export const recoveryInvite: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const conversation = await findConversation(engine, input.argument('CONVERSATION'));
  const { link, expires } = await engine.call('recovery.invite', { conversation });
  print.record({ link, expires: toTime(expires) }, link);
  print.talk('On the new device: `kith recovery use LINK`. Only who has the recovery words gets any further.');
  return 0;
};

export const recoveryUse: Action = async (context) => {
  const { input, print } = context;
  const kith = await context.kith();
  const words = await readWords(context);
  const { conversation, state } = await kith.call('recovery.use', {
    link: input.argument('LINK'),
    words,
    keep: input.flag('keep'),
  });
  print.record({ conversation, state }, conversation);
  print.talk('The history comes from your contact: `kith sync` there, then here.');
  return 0;
};
