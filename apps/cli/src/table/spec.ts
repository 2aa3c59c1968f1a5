// The shape of the command table. Parsing, help, usage errors, completions and the --json sweep all come from it, so
// that none of them can say something else than the others.
import type { Context } from '../actions/context.ts';

/** What a value has to look like before anything is opened. */
export type ValueKind =
  | { readonly type: 'text' }
  | { readonly type: 'file' }
  | { readonly type: 'url' }
  /** 30s, 15m, 12h, 7d, 4w; milliseconds inside. */
  | { readonly type: 'duration' }
  /** A whole number. */
  | { readonly type: 'count'; readonly least: number; readonly most: number }
  /** Seconds, fractions allowed. */
  | { readonly type: 'seconds'; readonly most: number }
  | { readonly type: 'choice'; readonly of: readonly string[] };

export interface OptionSpec {
  readonly name: string;
  /** Word shown for the value; null for a switch. */
  readonly value: string | null;
  readonly kind: ValueKind;
  readonly help: string;
  readonly repeat: boolean;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly optional: boolean;
  readonly kind: ValueKind;
}

export type Action = (context: Context) => Promise<number>;

export interface CommandSpec {
  /** Noun and verb, or one word. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** What `--json` prints: one object, one object a line, or nothing of its own. */
  readonly prints: 'one' | 'lines' | 'nothing';
  /** Names that every printed object has. */
  readonly fields: readonly string[];
  /** Runs until it is ended: it stays online, and serves its home to other commands. */
  readonly stays: boolean;
  /** Works on a locked home, and does with the passphrase what it has to. */
  readonly locks: boolean;
  /** Loads only what this command needs. Null: part of a later version. */
  readonly load: (() => Promise<Action>) | null;
}

const TEXT: ValueKind = { type: 'text' };
export const option = (
  name: string,
  value: string,
  help: string,
  extra: { readonly kind?: ValueKind; readonly repeat?: boolean } = {},
): OptionSpec => ({
  name,
  value,
  help,
  kind: extra.kind ?? TEXT,
  repeat: extra.repeat ?? false,
});
export const flag = (name: string, help: string): OptionSpec => ({
  name,
  value: null,
  help,
  kind: TEXT,
  repeat: false,
});
export const argument = (name: string, kind: ValueKind = TEXT): ArgumentSpec => ({ name, optional: false, kind });
export const maybe = (name: string, kind: ValueKind = TEXT): ArgumentSpec => ({ name, optional: true, kind });
export const choice = (...of: readonly string[]): ValueKind => ({ type: 'choice', of });

type Rest = Partial<Omit<CommandSpec, 'path' | 'summary'>>;
/** `path` as it is typed: 'invite create'. */
export const command = (path: string, summary: string, rest: Rest): CommandSpec => ({
  path: path.split(' '),
  summary,
  arguments: rest.arguments ?? [],
  options: rest.options ?? [],
  examples: rest.examples ?? [],
  prints: rest.prints ?? 'one',
  fields: rest.fields ?? [],
  stays: rest.stays ?? false,
  locks: rest.locks ?? false,
  load: rest.load ?? null,
});
