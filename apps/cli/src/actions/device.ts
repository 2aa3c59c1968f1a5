import { plainLine } from '../print/plain.ts';
import { toLocalTime, toTime } from '../print/time.ts';
import type { Action } from '../table/spec.ts';

export const deviceList: Action = async ({ print, kith }) => {
  for (const { device, name, addedAt, revoked, thisDevice } of await (await kith()).call('device.list', {})) {
    print.record(
      { device, name: name === '' ? null : name, addedAt: toTime(addedAt), revoked, thisDevice },
      `${device}  ${plainLine(name)}  since ${toLocalTime(addedAt)}${revoked ? '  removed' : ''}${thisDevice ? '  this one' : ''}`,
    );
  }
  return 0;
};
