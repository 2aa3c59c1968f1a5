// Completions for three shells, from the command table. They complete words of the program only: names of people would
// mean opening the home at every key.
import { COMMANDS, GLOBAL_OPTIONS, type CommandSpec } from '../table/index.ts';

const nouns = (): readonly string[] => [...new Set(COMMANDS.map((each) => each.path[0] ?? ''))].sort();
const verbs = (noun: string): readonly string[] =>
  COMMANDS.filter((each) => each.path[0] === noun && each.path.length === 2).map((each) => each.path[1] ?? '');
const options = (command: CommandSpec): readonly string[] =>
  [...command.options, ...GLOBAL_OPTIONS].map(({ name }) => `--${name}`);
const key = (command: CommandSpec): string => command.path.join(' ');
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bash = (): string => `# bash completion for kith
_kith() {
  local current=\${COMP_WORDS[COMP_CWORD]} first=\${COMP_WORDS[1]} words
  case "$COMP_CWORD:$first" in
    1:*) words=${quoted(nouns().join(' '))} ;;
${nouns()
  .filter((noun) => verbs(noun).length > 0)
  .map((noun) => `    2:${noun}) words=${quoted(verbs(noun).join(' '))} ;;`)
  .join('\n')}
    *) words= ;;
  esac
  if [[ $current == -* ]]; then
    case "$first \${COMP_WORDS[2]}" in
${COMMANDS.map((each) => `      ${quoted(key(each))}${each.path.length === 1 ? "' '*" : ''}) words=${quoted(options(each).join(' '))} ;;`).join('\n')}
      *) words=${quoted(GLOBAL_OPTIONS.map(({ name }) => `--${name}`).join(' '))} ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _kith kith
`;

const zsh = (): string => `#compdef kith
_kith() {
  local -a found
  case "$CURRENT" in
    2) found=(${nouns().join(' ')}) ;;
    *)
      case "$words[2] $words[3]" in
${COMMANDS.map((each) => `        ${quoted(key(each))}${each.path.length === 1 ? "' '*" : ''}) found=(${options(each).join(' ')}) ;;`).join('\n')}
${nouns()
  .filter((noun) => verbs(noun).length > 0)
  .map((noun) => `        ${quoted(noun)}' '*) found=(${verbs(noun).join(' ')}) ;;`)
  .join('\n')}
      esac ;;
  esac
  compadd -a found
}
compdef _kith kith
`;

const fish = (): string =>
  [
    '# fish completion for kith',
    ...GLOBAL_OPTIONS.map(
      ({ name, value, help }) => `complete -c kith -l ${name}${value === null ? '' : ' -r'} -d ${quoted(help)}`,
    ),
    ...nouns().map((noun) => {
      const own = COMMANDS.find((each) => key(each) === noun);
      return `complete -c kith -n __fish_use_subcommand -f -a ${noun}${own === undefined ? '' : ` -d ${quoted(own.summary)}`}`;
    }),
    ...COMMANDS.filter((each) => each.path.length === 2).map(
      ({ path: [noun = '', verb = ''], summary }) =>
        `complete -c kith -n '__fish_seen_subcommand_from ${noun}; and not __fish_seen_subcommand_from ${verbs(noun).join(' ')}' -f -a ${verb} -d ${quoted(summary)}`,
    ),
    ...COMMANDS.flatMap(({ path, options: own }) =>
      own.map(
        ({ name, value, help }) =>
          `complete -c kith -n '${path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')}' -l ${name}${value === null ? '' : ' -r'} -d ${quoted(help)}`,
      ),
    ),
    '',
  ].join('\n');

export const completionScript = (shell: string): string => {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    default:
      return fish();
  }
};
