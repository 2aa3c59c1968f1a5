import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { completionScript } from '../src/help/completion.ts';
import { COMMANDS } from '../src/table/index.ts';
import { runHere } from './support/run-here.ts';

describe('help', () => {
  test('nothing typed: three examples, exit 0', async () => {
    const { status, out, err } = await runHere([]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "kith: messages that only the two of you can read, without an account

        kith invite create --label Blair      make a link for one person
        kith invite accept LINK --name Alice  start the conversation of a link
        kith send Blair "Here I am"           send a text

      All commands: kith --help
      "
    `);
  });

  test('--help names every command, and marks those of later versions', async () => {
    const { status, out } = await runHere(['--help']);
    expect(status).toBe(0);
    for (const { path, load } of COMMANDS) {
      const shown = out.split('\n').find((text) => text.startsWith(`  ${path.join(' ')}`));
      expect(shown?.includes('(not yet)')).toBe(load === null);
    }
    expect(out).toMatchSnapshot();
  });

  test('help of one command', async () => {
    const { out } = await runHere(['send', '--help']);
    expect(out).toMatchSnapshot();
  });

  test('help opens no home', async () => {
    for (const argv of [[], ['--help'], ['send', '--help'], ['--version'], ['nonsense']]) {
      await runHere(argv, {
        kith: new Proxy({} as never, {
          get: () => {
            throw new Error('opened');
          },
        }),
      });
    }
  });

  test('--version', async () => {
    expect((await runHere(['--version', '--json'])).lines).toEqual([{ version: '0.1.0', node: process.versions.node }]);
  });
});

describe('completions', () => {
  test('bash takes its script and completes nouns, verbs and options', () => {
    const complete = (...words: string[]): string[] =>
      execFileSync(
        'bash',
        [
          '-c',
          `${completionScript('bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kith; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ],
        { encoding: 'utf8' },
      )
        .trim()
        .split('\n');
    expect(complete('kith', 'inv')).toEqual(['invite']);
    expect(complete('kith', 'invite', '').sort()).toEqual(['accept', 'create', 'list', 'revoke']);
    expect(complete('kith', 'send', '--r').sort()).toEqual(['--relay', '--reply']);
    expect(complete('kith', 'invite', 'create', '--reu')).toEqual(['--reusable']);
  });
  test.each(['zsh', 'fish'])('%s names every command', (shell) => {
    const script = completionScript(shell);
    for (const { path } of COMMANDS) for (const word of path) expect(script).toContain(word);
  });
});
