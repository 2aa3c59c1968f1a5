import { KithError } from '@kith/core/client';
import type { Host } from '../host.ts';

/** The contract's bound on a text, in bytes of UTF-8. */
const MOST_TEXT_BYTES = 65_536;

/** A text as it was typed, or for `-` the bytes of stdin, to the last one. */
export const readText = async (host: Host, typed: string): Promise<string> => {
  if (typed !== '-') {
    if (!typed.isWellFormed() || Buffer.byteLength(typed) > MOST_TEXT_BYTES) throw new KithError('bad-text');
    return typed;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of host.stdin()) {
    length += part.length;
    if (length > MOST_TEXT_BYTES) throw new KithError('bad-text');
    parts.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch {
    // The decoder's only way to say that bytes are not UTF-8.
    throw new KithError('bad-text', {
      message: 'What stdin held is not valid UTF-8.',
      hint: 'A message is text; files come later.',
    });
  }
};
