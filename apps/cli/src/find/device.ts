import { KithError, type DeviceView } from '@kith/core/client';
import { AmbiguousError } from './ambiguous.ts';
import { findId } from './id.ts';

/** A device by its id, a unique start of it, or the name that one device alone has. */
export const findDevice = (devices: readonly DeviceView[], typed: string): string => {
  const named = devices.filter(({ name, revoked }) => name === typed && !revoked);
  if (named.length > 1)
    throw new AmbiguousError(
      'device',
      named.map(({ device, name }) => ({ device, name })),
    );
  const found =
    named[0]?.device ??
    findId(
      devices.map(({ device }) => device),
      typed,
      'device',
    );
  if (found === undefined) throw new KithError('unknown-device');
  return found;
};
