import type { CommandSpec } from '../table/spec.ts';
import { parseCount, parseDuration, parseOrigin, parseSeconds } from './values.ts';

/** What was typed, checked against the table. Asking for a name that the table does not have is a bug and throws. */
export class Input {
  readonly command: CommandSpec;
  readonly #arguments: ReadonlyMap<string, string>;
  readonly #options: ReadonlyMap<string, readonly string[]>;

  constructor(
    command: CommandSpec,
    values: {
      readonly arguments: ReadonlyMap<string, string>;
      readonly options: ReadonlyMap<string, readonly string[]>;
    },
  ) {
    this.command = command;
    this.#arguments = values.arguments;
    this.#options = values.options;
  }

  /** A required argument. */
  argument(name: string): string {
    const value = this.optionalArgument(name);
    if (value === undefined) throw new Error(`argument ${name} of ${this.command.path.join(' ')}`);
    return value;
  }

  optionalArgument(name: string): string | undefined {
    if (!this.command.arguments.some((spec) => spec.name === name)) throw new Error(`no argument ${name}`);
    return this.#arguments.get(name);
  }

  flag(name: string): boolean {
    return this.#options.has(name);
  }

  option(name: string): string | undefined {
    return this.#options.get(name)?.at(-1);
  }

  /** All values of an option that may repeat. */
  options(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }

  /** Milliseconds. */
  duration(name: string): number | undefined {
    const value = this.option(name);
    return value === undefined ? undefined : parseDuration(value);
  }

  seconds(name: string): number | undefined {
    const value = this.option(name);
    return value === undefined ? undefined : parseSeconds(value);
  }

  count(name: string): number | undefined {
    const value = this.option(name);
    return value === undefined ? undefined : parseCount(value);
  }

  origins(name: string): readonly string[] {
    return (this.#options.get(name) ?? []).flatMap((value) => parseOrigin(value) ?? []);
  }
}
