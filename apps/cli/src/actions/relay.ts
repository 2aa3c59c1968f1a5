import { KithError } from '@kith/core/client';
import { parseOrigin } from '../parse/values.ts';
import { relayRecord, relayWords } from '../print/records.ts';
import type { Action } from '../table/spec.ts';

export const relayList: Action = async ({ print, kith }) => {
  for (const relay of await (await kith()).call('relay.list', {})) print.record(relayRecord(relay), relayWords(relay));
  return 0;
};

export const relayChange =
  (method: 'relay.add' | 'relay.remove'): Action =>
  async ({ input, print, kith }) => {
    const url = parseOrigin(input.argument('URL'));
    if (url === undefined) throw new KithError('bad-url');
    for (const relay of await (await kith()).call(method, { url })) print.record(relayRecord(relay), relayWords(relay));
    return 0;
  };
