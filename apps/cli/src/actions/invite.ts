import { KithError } from '@kith/core/client';
import { contextOption } from '../find/context.ts';
import { findId } from '../find/id.ts';
import { inviteRecord, inviteWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';

export const inviteCreate: Action = async ({ input, print, kith }) => {
  const expiresMs = input.duration('expires');
  const label = input.option('label');
  const engine = await kith();
  const invite = await engine.call('invite.create', {
    ...(await contextOption(engine, input.option('context'))),
    reusable: input.flag('reusable'),
    deviceOnly: input.flag('only-here'),
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(label === undefined ? {} : { label }),
  });
  print.record(inviteRecord(invite), invite.link);
  if (invite.localOnly) {
    print.talk(
      'This link works only on this computer: its relay is on localhost. Run a relay with --public-url or --lan for others.',
    );
  }
  return 0;
};

export const inviteAccept: Action = async ({ input, print, kith }) => {
  const name = input.option('name');
  const engine = await kith();
  const { conversation, state } = await engine.call('invite.accept', {
    ...(await contextOption(engine, input.option('context'))),
    link: input.argument('LINK'),
    deviceOnly: input.flag('only-here'),
    ...(name === undefined ? {} : { name }),
  });
  print.record({ conversation, state }, conversation);
  return 0;
};

export const inviteList: Action = async ({ print, kith }) => {
  for (const invite of await (await kith()).call('invite.list', {}))
    print.record(inviteRecord(invite), inviteWords(invite));
  return 0;
};

export const inviteRevoke: Action = async ({ input, print, kith }) => {
  const engine = await kith();
  const ids = (await engine.call('invite.list', {})).map(({ invite }) => invite);
  const id = findId(ids, input.argument('INVITE'), 'invite');
  if (id === undefined) throw new KithError('unknown-invite');
  const invite = await engine.call('invite.revoke', { invite: id });
  print.record(inviteRecord(invite), inviteWords(invite));
  return 0;
};
