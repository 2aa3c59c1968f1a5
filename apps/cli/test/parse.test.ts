import { describe, expect, test } from 'vitest';
import { parse, wantsJson } from '../src/parse/parse.ts';
import { parseDuration, parseOrigin, parseSeconds } from '../src/parse/values.ts';

const command = (...argv: string[]) => {
  const parsed = parse(argv);
  return parsed.type === 'run' ? parsed.input : parsed;
};
const wrong = (...argv: string[]) => {
  const parsed = parse(argv);
  return parsed.type === 'wrong'
    ? { code: parsed.error.code, exit: parsed.error.exit, message: parsed.error.message, hint: parsed.error.hint }
    : parsed.type;
};

describe('what is typed', () => {
  test.each([
    [['send', 'Blair', 'hi'], 'hi'],
    [['--home', '/x', 'send', 'Blair', 'hi'], 'hi'],
    [['send', '--home=/x', 'Blair', '--json', 'hi'], 'hi'],
    [['send', 'Blair', ''], ''],
    [['send', 'Blair', '-'], '-'],
    [['send', 'Blair', '--', '--json'], '--json'],
    [['--', 'send', 'Blair', '-x'], '-x'],
    [['send', '--reply=--odd', 'Blair', '=a=b='], '=a=b='],
  ])('%j sends its text', (argv, text) => {
    const input = command(...argv);
    expect(input).toMatchObject({ command: { path: ['send'] } });
    expect('argument' in input && input.argument('TEXT')).toBe(text);
  });

  test('options may stand on both sides of the command and repeat where they may', () => {
    const input = command(
      '--relay',
      'https://a.example',
      'invite',
      '--relay=http://b.example:8080/',
      'create',
      '--expires',
      '7d',
      '--reusable',
    );
    if (!('origins' in input)) throw new Error('not a command');
    expect(input.origins('relay')).toEqual(['https://a.example', 'http://b.example:8080']);
    expect(input.duration('expires')).toBe(7 * 86_400_000);
    expect(input.flag('reusable')).toBe(true);
    expect(input.flag('json')).toBe(false);
  });

  test('a value may hold line ends and = when it is glued to its option', () => {
    const input = command('profile', '--name=a\n=b');
    expect('option' in input && input.option('name')).toBe('a\n=b');
  });

  test.each([
    [['sned', 'Blair', 'x'], 'bad-command', /send/],
    [['invite', 'crate'], 'bad-command', /invite create/],
    [['invite'], 'bad-command', /invite --help/],
    [['invite', 'zzzzzzzz'], 'bad-command', /invite --help/],
    [['xyzzyxyzzy'], 'bad-command', /kith --help/],
    [['send', 'Blair'], 'bad-option', /send --help/],
    [['send', 'Blair', 'a', 'b'], 'bad-option', /quotes/],
    [['send', 'Blair', '-5'], 'bad-option', /after --/],
    [['send', 'Blair', 'x', '--replyy', 'y'], 'bad-option', /--reply\?/],
    [['send', 'Blair', 'x', '--reply'], 'bad-option', /--reply=EVENT/],
    [['send', 'Blair', 'x', '--reply', '--json'], 'bad-option', /--reply=EVENT/],
    [['send', 'Blair', 'x', '--reply=a', '--reply=b'], 'bad-option', /send --help/],
    [['delete', 'Blair', 'x', '--for-all=yes'], 'bad-option', /delete --help/],
    [['log', 'Blair', '--limit', '0'], 'bad-option', /log --help/],
    [['log', 'Blair', '--limit', '1e3'], 'bad-option', /log --help/],
    [['sync', '--for', 'soon'], 'bad-option', /sync --help/],
    [['invite', 'create', '--expires', '7'], 'bad-option', /invite create --help/],
    [['contact', 'mark', 'Blair', 'fine'], 'bad-option', /contact mark --help/],
    [['relay', 'add', 'ftp://x'], 'bad-url', /relay add --help/],
    [['--relay', 'not a url', 'init'], 'bad-url', /init --help/],
    [['--nonsense'], 'bad-option', /--help/],
  ])('%j is refused with %s', (argv, code, hint) => {
    expect(wrong(...argv)).toMatchObject({ code, exit: 2, hint: expect.stringMatching(hint) });
  });

  test.each([
    [[], { type: 'help', about: null, short: true }],
    [['--help'], { type: 'help', about: null, short: false }],
    [['help'], { type: 'help', about: null, short: false }],
    [['send', '--help'], { type: 'help', about: { path: ['send'] } }],
    [['send', 'x', '-h'], { type: 'help', about: { path: ['send'] } }],
    [['invite', '--help'], { type: 'help', about: [{ path: ['invite', 'create'] }, {}, {}, {}] }],
    [['--version'], { type: 'version' }],
    [['send', '--version'], { type: 'version' }],
  ])('%j asks for help or version', (argv, expected) => {
    expect(parse(argv)).toMatchObject(expected);
  });

  test('--json is seen wherever options may stand, also when nothing else is understood', () => {
    expect(wantsJson(['nonsense', '--json'])).toBe(true);
    expect(wantsJson(['send', 'Blair', '--', '--json'])).toBe(false);
  });
});

describe('values', () => {
  test.each([
    ['7d', 604_800_000],
    ['30m', 1_800_000],
    ['1w', 604_800_000],
    ['0s', undefined],
    ['7', undefined],
    ['-1d', undefined],
    ['1.5h', undefined],
    ['99999999d', undefined],
    [' 7d', undefined],
  ])('duration %j', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    ['10', 10],
    ['0', 0],
    ['0.25', 0.25],
    ['', undefined],
    ['1e3', undefined],
    ['-1', undefined],
    ['Infinity', undefined],
  ])('seconds %j', (text, seconds) => expect(parseSeconds(text)).toBe(seconds));

  test.each([
    ['https://Kith.Example/', 'https://kith.example'],
    ['http://[::1]:4680', 'http://[::1]:4680'],
    ['https://kith.example/path', undefined],
    ['https://me@kith.example', undefined],
    ['https://kith.example/?a', undefined],
    ['kith.example', undefined],
    ['javascript:alert(1)', undefined],
  ])('relay %j', (text, origin) => expect(parseOrigin(text)).toBe(origin));
});
