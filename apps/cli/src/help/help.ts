import { COMMANDS, GLOBAL_OPTIONS, type CommandSpec, type OptionSpec } from '../table/index.ts';
import type { JsonRecord } from '../print/printer.ts';

type About = CommandSpec | readonly CommandSpec[] | null;
const isMany = (about: About): about is readonly CommandSpec[] => Array.isArray(about);

const argumentText = (command: CommandSpec): string =>
  command.arguments.map(({ name, optional }) => (optional ? ` [${name}]` : ` ${name}`)).join('');
const usage = (command: CommandSpec): string => `kith ${command.path.join(' ')}${argumentText(command)}`;
const optionText = ({ name, value }: OptionSpec): string => `--${name}${value === null ? '' : ` ${value}`}`;
const later = (is: boolean): string => (is ? ' (not yet)' : '');

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.min(44, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
};
const optionRows = (options: readonly OptionSpec[]): string =>
  columns(options.map((spec) => [optionText(spec), spec.help] as const));
const commandRows = (commands: readonly CommandSpec[]): string =>
  columns(
    commands.map((each) => [usage(each).slice('kith '.length), `${each.summary}${later(each.load === null)}`] as const),
  );

const ONE = `kith: messages that only the two of you can read, without an account`;
const EXAMPLES = `  kith invite create --label Blair      make a link for one person
  kith invite accept LINK --name Alice  start the conversation of a link
  kith send Blair "Here I am"           send a text`;

const short = (): string => `${ONE}

${EXAMPLES}

All commands: kith --help`;

const all = (): string => `${ONE}

Usage: kith [OPTIONS] COMMAND

${EXAMPLES}

Commands
${commandRows(COMMANDS)}

Options, before or after the command; -- ends them
${optionRows(GLOBAL_OPTIONS)}

Exit status: 0 ok, 1 failed, 2 malformed, 3 no relay reachable, 4 not allowed, 5 unknown, 6 identity not confirmed,
75 try again later. CONVERSATION is an id, at least 6 characters of its start, or a unique name.`;

const one = (command: CommandSpec): string =>
  [
    `kith ${command.path.join(' ')}: ${command.summary}${later(command.load === null)}`,
    `Usage: ${usage(command)}${command.options.length > 0 ? ' [OPTIONS]' : ''}`,
    command.options.length > 0 ? `Options\n${optionRows(command.options)}` : '',
    command.examples.length > 0 ? `Examples\n${command.examples.map((example) => `  ${example}`).join('\n')}` : '',
    command.fields.length > 0
      ? `--json prints ${command.prints === 'lines' ? 'a line each with' : ''} ${command.fields.join(', ')}`.replace(
          '  ',
          ' ',
        )
      : '',
    'Options of every command: see kith --help',
  ]
    .filter((part) => part !== '')
    .join('\n\n');

/** Help for people. `isShort`: nothing was typed at all. */
export const helpText = (about: About, isShort: boolean): string => {
  if (about === null) return isShort ? short() : all();
  if (isMany(about)) return `kith ${about[0]?.path[0] ?? ''}\n\n${commandRows(about)}`;
  return one(about);
};

/** The same for programs: the table itself. */
export const helpRecord = (about: About): JsonRecord => {
  const commands = about === null ? COMMANDS : isMany(about) ? about : [about];
  return {
    commands: commands.map((each) => ({
      command: each.path.join(' '),
      usage: usage(each),
      summary: each.summary,
      options: each.options.map((spec) => ({
        name: spec.name,
        value: spec.value,
        help: spec.help,
      })),
      prints: each.prints,
      fields: each.fields,
      built: each.load !== null,
    })),
    options: GLOBAL_OPTIONS.map((spec) => ({
      name: spec.name,
      value: spec.value,
      help: spec.help,
    })),
  };
};
