// Files that are written where somebody else may write as well.
import { chmodSync, linkSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBackupFile, writeWhole } from '../src/actions/files.ts';
import { freshFolder } from './support/run-here.ts';

const pieces = async function* (): AsyncGenerator<string> {
  yield 'what we ';
  yield 'said';
};
const put: Readonly<Record<string, (beside: string, precious: string) => void>> = {
  'a link to another file': (beside, precious) => symlinkSync(precious, beside),
  'another name of another file': (beside, precious) => linkSync(precious, beside),
  'a file that others may read': (beside) => {
    writeFileSync(beside, 'theirs');
    chmodSync(beside, 0o666);
  },
};

describe.each(Object.entries(put))('where %s lies in the name of what is being written', (_, lay) => {
  const prepare = () => {
    const folder = freshFolder();
    const [path, precious] = [join(folder, 'out'), join(folder, 'precious')];
    writeFileSync(precious, 'precious');
    lay(`${path}.unfinished`, precious);
    return { path, precious };
  };
  const isPrivate = (path: string): void => {
    expect(lstatSync(path).isFile()).toBe(true);
    expect([statSync(path).mode & 0o777, statSync(path).nlink]).toEqual([0o600, 1]);
  };

  test('an export is a file of its own', async () => {
    const { path, precious } = prepare();
    await writeWhole(path, pieces());
    expect([readFileSync(path, 'utf8'), readFileSync(precious, 'utf8')]).toEqual(['what we said', 'precious']);
    isPrivate(path);
  });

  test('so is a backup', async () => {
    const { path, precious } = prepare();
    const file = await openBackupFile(path);
    expect(await file.unfinished()).toBeUndefined();
    await file.write(0, Buffer.from('sealed'));
    await file.finish();
    await file.close();
    expect([readFileSync(path, 'utf8'), readFileSync(precious, 'utf8')]).toEqual(['sealed', 'precious']);
    isPrivate(path);
  });
});

test('a backup that was broken off is gone on with', async () => {
  const path = join(freshFolder(), 'out');
  const first = await openBackupFile(path);
  await first.write(0, Buffer.from('sealed'));
  await first.close();
  const second = await openBackupFile(path);
  expect(Buffer.from((await second.unfinished())?.header ?? []).toString()).toBe('sealed');
  await second.close();
});
