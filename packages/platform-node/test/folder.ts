import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];
/** A fresh folder, removed after the test. */
export const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-'));
  made.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The needle as it may lie in a file: UTF-8, UTF-16 both ways, base64 at each alignment, hexadecimal. */
const spellings = (needle: string): readonly Buffer[] => {
  const utf8 = Buffer.from(needle, 'utf8');
  const little = Buffer.from(needle, 'utf16le');
  const base64 = [0, 1, 2].map((skip) => {
    // Only whole groups of three bytes: what stands beside the needle does not change them.
    const inner = utf8.subarray(skip, skip + 3 * Math.floor((utf8.length - skip) / 3));
    return inner.toString('base64');
  });
  return [
    utf8,
    little,
    Buffer.from(little).swap16(),
    ...base64.map((text) => Buffer.from(text)),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(utf8.toString('hex').toUpperCase()),
  ];
};

/** The files under a folder in which the needle lies in any spelling. */
export const filesWith = (folder: string, needle: string): readonly string[] => {
  const wanted = spellings(needle);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return wanted.some((spelling) => bytes.includes(spelling));
    });
};
