// Taking out and putting back in, as real processes: files, passphrases, exit states.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alternate, build, pair, Stage, type Home } from './support/processes.ts';

const stage = new Stage();
let alice: Home;
let bob: Home;
let folder: string;
const LONG = 120_000;
beforeAll(async () => {
  build();
  ({ alice, bob } = await pair(stage, (await stage.relay()).url));
  folder = stage.folder;
  for (const text of ['The key is under the mat', 'Gone by noon', 'Third']) await alice.do(['send', 'Bob', text]);
}, LONG);
afterAll(() => stage.close());

const inFolder = (name: string): string => join(folder, name);
const withPassphrase = (text: string): readonly string[] => {
  writeFileSync(inFolder('passphrase'), `${text}\n`);
  return ['--passphrase-file', inFolder('passphrase')];
};

test(
  'S1.5 export as JSON lines, edit, import: read-only, found, marked; twice adds nothing',
  async () => {
    const file = inFolder('bob.jsonl');
    const { one, err } = await alice.do(['export', file, '--plain', '--conversation', 'Bob']);
    expect(err).toContain('not proof of who said what');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1 + Number(one['events']));
    expect(await alice.code(['export', file, '--plain'])).toMatchObject({ status: 4, code: 'file-exists' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('Gone by noon', 'Gone by midnight'));
    const first = await alice.do(['import', file]);
    expect(first.one).toMatchObject({ events: lines.length - 1 });
    expect(first.err).toContain('not proof of who said what');
    expect((await alice.do(['import', file])).one).toMatchObject({ events: 0 });
    const { lines: found } = await alice.do(['search', 'midnight']);
    expect(found).toMatchObject([{ text: 'Gone by midnight', mark: 'imported' }]);
    expect(await alice.code(['send', 'Imported: Bob', 'no'])).toMatchObject({ status: 4, code: 'read-only' });
    expect((await alice.do(['log', 'Imported: Bob', '--limit', '1000'])).lines).toHaveLength(lines.length - 1);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"event":`);
    const refused = await alice.try(['import', file]);
    expect(refused.status).toBe(2);
    expect(refused.one).toMatchObject({
      error: { code: 'bad-import', message: expect.stringMatching(/^Line \d+ /) as string },
    });
    expect(await alice.code(['import', inFolder('nowhere')])).toMatchObject({ status: 5, code: 'unknown-file' });
  },
  LONG,
);

test(
  'S1.5 HTML for reading',
  async () => {
    const file = inFolder('bob.html');
    await alice.do(['export', file, '--plain', '--format', 'html', '--conversation', 'Bob']);
    const html = readFileSync(file, 'utf8');
    expect(html).toContain('The key is under the mat');
    expect(html).not.toMatch(/<script/i);
  },
  LONG,
);

test(
  'S1.1 an encrypted backup needs a passphrase, is not overwritten, and tells nothing',
  async () => {
    const file = inFolder('kith.backup');
    expect(await alice.code(['export', file, ...withPassphrase('short')])).toMatchObject({
      status: 2,
      code: 'bad-passphrase',
    });
    expect(await alice.code(['export', file, '--format', 'html', ...withPassphrase('long enough')])).toMatchObject({
      status: 2,
      code: 'bad-option',
    });
    const { one } = await alice.do(['export', file, ...withPassphrase('correct horse')]);
    expect(one).toMatchObject({ encrypted: true, bytes: statSync(file).size });
    expect(existsSync(`${file}.unfinished`)).toBe(false);
    expect(readFileSync(file).includes('under the mat')).toBe(false);
    expect(await alice.code(['export', file, ...withPassphrase('correct horse')])).toMatchObject({
      status: 4,
      code: 'file-exists',
    });
    const fresh = stage.home('fresh');
    expect(await fresh.code(['import', file, ...withPassphrase('wrong horse')])).toMatchObject({
      status: 4,
      code: 'wrong-passphrase',
    });
    expect(await alice.code(['import', file, ...withPassphrase('correct horse')])).toMatchObject({
      status: 4,
      code: 'home-in-use',
    });
    writeFileSync(file, readFileSync(file).subarray(0, 5_000));
    expect(await fresh.code(['import', file, ...withPassphrase('correct horse')])).toMatchObject({
      status: 2,
      code: 'bad-backup',
    });
  },
  LONG,
);

test(
  'S1.1 export, wipe, import: the log is equal, and a new device talks on',
  async () => {
    const file = inFolder('whole.backup');
    await alternate(alice, bob, 4, async () => (await bob.texts('Alice')).includes('Third'));
    const lines = async (home: Home) =>
      (await home.do(['log', 'Bob', '--limit', '1000'])).lines.map(({ receivedAt: _, state: __, ...line }) => line);
    const before = await lines(alice);
    const { one: device } = await alice.do(['device', 'list']);
    await alice.do(['export', file, ...withPassphrase('correct horse')]);
    rmSync(alice.folder, { recursive: true });
    const fresh = stage.home('restored');
    const { one } = await fresh.do(['import', file, ...withPassphrase('correct horse')]);
    expect(one['conversations']).toHaveLength(1);
    expect(await lines(fresh)).toEqual(before);
    const devices = (await fresh.do(['device', 'list'])).lines;
    expect(devices.find(({ thisDevice }) => thisDevice)?.['device']).not.toBe(device['device']);
    expect(devices.some(({ backup }) => backup)).toBe(true);
    expect((await fresh.do(['search', 'midnight'])).lines).toMatchObject([{ mark: 'imported' }]);
    await fresh.do(['send', 'Bob', 'I am back']);
    await alternate(fresh, bob, 4, async () => (await bob.texts('Alice')).includes('I am back'));
    await bob.do(['send', 'Alice', 'So I see']);
    await alternate(bob, fresh, 4, async () => (await fresh.texts('Bob')).includes('So I see'));
  },
  LONG,
);
