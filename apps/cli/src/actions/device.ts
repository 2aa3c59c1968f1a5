import { KithError, type DeviceView, type Kith } from '@kith/core/client';
import { findDevice } from '../find/device.ts';
import { deviceRecord, deviceWords, linkingRecord, strayRecord, strayWords } from '../print/records.ts';
import { toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';
import { hostName, nameThisDevice } from './device-name.ts';
import { readWords } from './recovery.ts';

/** Both sides answer each other for this long; then `kith sync` on both goes on with it. */
const JOIN_MS = 9_000;
const ROUND_MS = 1_500;

const printDevice = ({ print }: Context, device: DeviceView): void =>
  print.record(deviceRecord(device), deviceWords(device));

export const deviceList: Action = async (context) => {
  const engine = await context.kith();
  for (const device of await engine.call('device.list', {})) printDevice(context, device);
  const { length } = await engine.call('device.strays', {});
  if (length > 0)
    context.print.talk(
      `Not in this list, but yours in a conversation: ${length} ${length === 1 ? 'device' : 'devices'}. \`kith device strays\` tells more.`,
    );
  return 0;
};

export const deviceLink: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const history = input.option('history');
  const code = input.flag('code');
  await nameThisDevice(engine);
  const made = await engine.call('device.link', {
    code,
    confirm: code || input.flag('words'),
    ...(history === 'all' || history === '30d' || history === 'none' ? { history } : {}),
  });
  const link = made.link === '' ? null : made.link;
  print.record({ link, code: made.code, expires: toTime(made.expires) }, made.code ?? made.link);
  print.talk(
    `It works once, for 5 minutes. On the other device: \`kith device join ${link === null ? 'CODE --relay URL' : 'LINK'}\`; then \`kith sync\` here.`,
  );
  return 0;
};

/** Goes on with it as long as somebody answers; what is not done by then, `kith sync` does. */
const follow = async (kith: Kith): Promise<{ readonly state: string; readonly words: readonly string[] | null }> => {
  for (const until = performance.now() + JOIN_MS; ;) {
    const { joining } = await kith.call('device.linking', {});
    if (joining === null) {
      // What this device is asked for by those that let it in.
      await kith.call('sync', { forMs: ROUND_MS });
      return { state: 'linked', words: null };
    }
    if (joining.state === 'words') return joining;
    if (performance.now() > until) return { state: 'waiting', words: null };
    await kith.call('sync', { forMs: ROUND_MS });
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS / 5));
  }
};
const NEXT: Readonly<Record<string, string>> = {
  linked: 'This is one of your devices now. What you have comes by itself.',
  waiting: 'The other device has to run: `kith sync` there, then here.',
  words:
    'If both devices show these words: `kith device confirm "WORDS"` on both. If they differ: `kith device refuse`.',
};

export const deviceJoin: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const name = input.option('name') ?? hostName();
  const { device } = await engine.call('device.join', {
    link: input.argument('LINK'),
    name,
    merge: input.flag('merge'),
  });
  const { state, words } = await follow(engine);
  print.record({ device, state, words }, words === null ? device : words.join(' '));
  print.talk(NEXT[state] ?? '');
  return 0;
};

export const deviceStatus: Action = async ({ print, kith }) => {
  const linking = await (await kith()).call('device.linking', {});
  const record = linkingRecord(linking);
  const { link, joining, words, removed, history } = record;
  const lines = [
    link === null ? '' : `Your link: ${link.state}${link.second ? '; more than one device tried to follow it' : ''}.`,
    joining === null ? '' : 'This device waits to be let in.',
    words === null ? '' : `Words: ${words.join(' ')}`,
    history === null ? '' : `${history.of - history.left} of ${history.of} messages have come.`,
    removed === null ? '' : 'This device was removed.',
  ].filter((line) => line !== '');
  print.record({ ...record }, lines.length === 0 ? 'No device is being added.' : lines.join('\n'));
  return 0;
};

export const deviceConfirm: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const words = input.argument('WORDS').replaceAll(/[\s,.-]+/g, ' ');
  const { device } = await engine.call('device.confirm', { words });
  print.record({ device }, device);
  return 0;
};

export const deviceRefuse: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const typed = input.optionalArgument('DEVICE');
  if (typed === undefined) {
    await engine.call('device.refuse', {});
    print.record({ device: null, refused: true }, 'No device is added.');
    return 0;
  }
  const device = findDevice(await engine.call('device.list', {}), typed);
  await engine.call('device.revoke', { device, refuse: true, wipe: input.flag('wipe') });
  print.record({ device, refused: true }, `${device} is refused: nothing it did counts.`);
  return 0;
};

export const deviceRevoke: Action = async (context) => {
  const { input } = context;
  const engine = await context.kith();
  const device = findDevice(await engine.call('device.list', {}), input.argument('DEVICE'));
  const devices = await engine.call('device.revoke', {
    device,
    refuse: input.flag('refuse'),
    wipe: input.flag('wipe'),
    ...(input.flag('words') ? { words: await readWords(context) } : {}),
  });
  const revoked = devices.find((one) => one.device === device);
  if (revoked === undefined) throw new KithError('unknown-device');
  printDevice(context, revoked);
  return 0;
};

/** What is this person's somewhere and not in the list. */
export const deviceStrays: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const refuse = input.flag('refuse');
  const strays = input.flag('remove')
    ? await engine.call('device.removeStrays', { refuse })
    : await engine.call('device.strays', {});
  const names = new Map((await engine.call('contact.list', {})).map(({ conversation, name }) => [conversation, name]));
  for (const stray of strays) print.record(strayRecord(stray), strayWords(stray, names.get(stray.conversation) ?? ''));
  if (strays.length === 0) print.talk('Every device that you have in a conversation is one of your list.');
  return 0;
};

export const deviceName: Action = async (context) => {
  const devices = await (await context.kith()).call('device.name', { name: context.input.argument('NAME') });
  for (const device of devices) if (device.thisDevice) printDevice(context, device);
  return 0;
};
