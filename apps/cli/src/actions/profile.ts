import { KithError, type Profile } from '@kith/core/client';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findContext } from '../find/context.ts';
import { plainLine } from '../print/plain.ts';
import type { Action } from '../table/spec.ts';

const MOST_PICTURE_BYTES = 48 * 1024;

export const init: Action = async ({ input, print, kith }) => {
  let owner = false;
  const engine = await kith(undefined, (owns) => (owner = owns));
  const name = input.option('name');
  if (name !== undefined) await engine.call('profile.set', { name });
  const { device, created } = await engine.call('status', {});
  // Of a home that another process serves, nothing was made here.
  print.record(
    { device, created: created && owner },
    created && owner ? `Made this home. Its device is ${device}.` : `This home is there. Its device is ${device}.`,
  );
  return 0;
};

const mediaType = (bytes: Uint8Array): string => {
  if (bytes[0] === 0x89) return 'image/png';
  return bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';
};

const readPicture = async (path: string): Promise<Uint8Array> => {
  const { size } = await stat(path).catch(() => {
    throw new KithError('unknown-file');
  });
  if (size > MOST_PICTURE_BYTES) throw new KithError('bad-picture');
  return new Uint8Array(
    await readFile(path).catch(() => {
      throw new KithError('unknown-file');
    }),
  );
};

export const profile: Action = async ({ input, print, host, kith }) => {
  const name = input.option('name');
  const file = input.option('picture');
  const picture = file === undefined ? undefined : await readPicture(resolve(host.folder, file));
  const engine = await kith();
  const change = { ...(name === undefined ? {} : { name }), ...(picture === undefined ? {} : { picture }) };
  const asks = name === undefined && picture === undefined;
  const of = input.option('context');
  const context = of === undefined ? undefined : await findContext(engine, of);
  const now: Profile =
    context === undefined
      ? await (asks ? engine.call('profile.get', {}) : engine.call('profile.set', change))
      : asks
        ? context
        : await engine.call('context.change', { context: context.context, ...change });
  const shown = now.picture === null ? null : { type: mediaType(now.picture), bytes: now.picture.length };
  print.record(
    { name: now.name === '' ? null : now.name, picture: shown },
    `${now.name === '' ? '(no name)' : plainLine(now.name)}${shown === null ? '' : `, with a picture of ${shown.bytes} bytes`}`,
  );
  return 0;
};
