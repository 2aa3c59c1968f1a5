import { KithError } from '@kith/core/client';
import { COMMANDS, GLOBAL_OPTIONS, type CommandSpec, type OptionSpec } from '../table/index.ts';
import { Input } from './input.ts';
import { nearest } from './suggest.ts';
import { misfit } from './values.ts';

export type Parsed =
  | { readonly type: 'run'; readonly input: Input }
  /** `about` null: all commands, shortly when nothing at all was typed. */
  | { readonly type: 'help'; readonly about: CommandSpec | readonly CommandSpec[] | null; readonly short: boolean }
  | { readonly type: 'version' }
  | { readonly type: 'wrong'; readonly error: KithError };

interface Split {
  readonly words: string[];
  readonly options: Map<string, string[]>;
}

class Misuse extends Error {
  readonly error: KithError;
  constructor(error: KithError) {
    super(error.message);
    this.error = error;
  }
}
const misuse = (code: 'bad-option' | 'bad-command' | 'bad-url' | 'not-built', message: string, hint: string): Misuse =>
  new Misuse(new KithError(code, { message, hint }));

const nameOf = (command: CommandSpec): string => command.path.join(' ');
const helpHint = (command: CommandSpec | undefined): string =>
  command === undefined ? 'See `kith --help`.' : `See \`kith ${nameOf(command)} --help\`.`;

/** Whether `--json` was asked for, also when nothing else can be understood. */
export const wantsJson = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
};

/** The command that the first words name; the options in front of them are known to all commands. */
const findCommand = (argv: readonly string[]): CommandSpec | undefined => {
  const words: string[] = [];
  for (let i = 0; i < argv.length && words.length < 2; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) {
      const spec = GLOBAL_OPTIONS.find((known) => known.name === word.slice(2));
      if (spec !== undefined && spec.value !== null) i++;
    } else words.push(word);
  }
  return COMMANDS.find((command) => command.path.every((word, i) => words[i] === word));
};

const takeOption = (
  word: string,
  next: string | undefined,
  known: readonly OptionSpec[],
  command: CommandSpec | undefined,
) => {
  const [, name = '', glued] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const spec = known.find((each) => each.name === name);
  if (spec === undefined) {
    const meant = nearest(
      name,
      known.map((each) => each.name),
    );
    const hint = meant === undefined ? helpHint(command) : `Did you mean --${meant}?`;
    throw misuse(
      'bad-option',
      `There is no option ${word.slice(0, 60)} here.`,
      `${hint} A text that starts with - comes after --.`,
    );
  }
  if (spec.value === null) {
    if (glued !== undefined) throw misuse('bad-option', `--${name} takes no value.`, helpHint(command));
    return { spec, value: '', taken: 0 };
  }
  const value = glued ?? next;
  // A value that looks like an option is a forgotten value far more often than a wish.
  if (value === undefined || (glued === undefined && value.startsWith('-') && value !== '-')) {
    throw misuse('bad-option', `--${name} needs a value.`, `Write --${name}=${spec.value}.`);
  }
  const expected = misfit(spec.kind, value);
  if (expected !== undefined) {
    throw misuse(
      spec.kind.type === 'url' ? 'bad-url' : 'bad-option',
      `--${name} takes ${expected}.`,
      helpHint(command),
    );
  }
  return { spec, value, taken: glued === undefined ? 1 : 0 };
};

const split = (argv: readonly string[], command: CommandSpec | undefined): Split => {
  const known = [...GLOBAL_OPTIONS, ...(command?.options ?? [])];
  const out: Split = { words: [], options: new Map() };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      out.words.push(...argv.slice(i + 1));
      break;
    }
    if (word === '-h') {
      out.options.set('help', ['']);
    } else if (word.startsWith('-') && word !== '-') {
      if (!word.startsWith('--')) {
        throw misuse(
          'bad-option',
          `There is no option ${word.slice(0, 60)} here.`,
          'A text that starts with - comes after --.',
        );
      }
      const { spec, value, taken } = takeOption(word, argv[i + 1], known, command);
      const earlier = out.options.get(spec.name);
      if (earlier !== undefined && !spec.repeat && spec.value !== null) {
        throw misuse('bad-option', `--${spec.name} was given twice.`, helpHint(command));
      }
      out.options.set(spec.name, [...(earlier ?? []), value]);
      i += taken;
    } else out.words.push(word);
  }
  return out;
};

const unknownCommand = (words: readonly string[]): Misuse => {
  const [noun = '', verb = ''] = words;
  const verbs = COMMANDS.filter((each) => each.path.length === 2 && each.path[0] === noun).map(
    (each) => each.path[1] ?? '',
  );
  if (verbs.length > 0) {
    const meant = nearest(verb, verbs);
    const what =
      verb === ''
        ? `\`kith ${noun}\` needs one of: ${verbs.join(', ')}.`
        : `There is no command \`${noun} ${verb.slice(0, 40)}\`.`;
    return misuse(
      'bad-command',
      what,
      meant === undefined ? `See \`kith ${noun} --help\`.` : `Did you mean \`kith ${noun} ${meant}\`?`,
    );
  }
  const meant = nearest(noun, [...new Set(COMMANDS.map((each) => each.path[0] ?? ''))]);
  return misuse(
    'bad-command',
    `There is no command \`${noun.slice(0, 40)}\`.`,
    meant === undefined ? 'See `kith --help`.' : `Did you mean \`kith ${meant}\`?`,
  );
};

const takeArguments = (command: CommandSpec, words: readonly string[]): Map<string, string> => {
  const given = words.slice(command.path.length);
  if (given.length > command.arguments.length) {
    throw misuse(
      'bad-option',
      `\`kith ${nameOf(command)}\` got more than it takes.`,
      `Put a text of several words in quotes. ${helpHint(command)}`,
    );
  }
  const out = new Map<string, string>();
  command.arguments.forEach((spec, i) => {
    const value = given[i];
    if (value === undefined) {
      if (spec.optional) return;
      throw misuse('bad-option', `${spec.name} is missing.`, helpHint(command));
    }
    const expected = misfit(spec.kind, value);
    if (expected !== undefined) {
      throw misuse(
        spec.kind.type === 'url' ? 'bad-url' : 'bad-option',
        `${spec.name} is ${expected}.`,
        helpHint(command),
      );
    }
    out.set(spec.name, value);
  });
  return out;
};

const understand = (argv: readonly string[]): Parsed => {
  const command = findCommand(argv);
  const { words, options } = split(argv, command);
  if (options.has('version')) return { type: 'version' };
  if (command === undefined) {
    const [noun] = words;
    if (noun === undefined) return { type: 'help', about: null, short: !options.has('help') };
    const family = COMMANDS.filter((each) => each.path[0] === noun);
    if (noun === 'help' || (options.has('help') && family.length === 0))
      return { type: 'help', about: null, short: false };
    if (options.has('help')) return { type: 'help', about: family, short: false };
    throw unknownCommand(words);
  }
  if (options.has('help')) return { type: 'help', about: command, short: false };
  return { type: 'run', input: new Input(command, { arguments: takeArguments(command, words), options }) };
};

/** Understands what was typed, without opening or asking anything. */
export const parse = (argv: readonly string[]): Parsed => {
  try {
    return understand(argv);
  } catch (error) {
    if (error instanceof Misuse) return { type: 'wrong', error: error.error };
    throw error;
  }
};
