import { KithError } from '@kith/core/client';
import { findId } from '../find/id.ts';
import { plainLine } from '../print/plain.ts';
import { toLocalTime, toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';

export const requestList: Action = async ({ print, kith }) => {
  for (const { request, via, at } of await (await kith()).call('request.list', {})) {
    print.record(
      { request, via: via === '' ? null : via, at: toTime(at) },
      `${request}  ${toLocalTime(at)}  ${plainLine(via)}`,
    );
  }
  return 0;
};

export const requestAnswer =
  (answer: 'accept' | 'decline' | 'block'): Action =>
  async ({ input, print, kith }) => {
    const engine = await kith();
    const ids = (await engine.call('request.list', {})).map(({ request }) => request);
    const request = findId(ids, input.argument('REQUEST'), 'request');
    if (request === undefined) throw new KithError('unknown-request');
    const { conversation, state } = await engine.call('request.answer', { request, answer });
    print.record({ conversation, state }, `${conversation}  ${state}`);
    return 0;
  };
