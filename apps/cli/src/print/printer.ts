import type { KithError } from '@kith/core/client';
import type { Host } from '../host.ts';
import { toJsonLine } from './json.ts';
import { plain, plainLine } from './plain.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Data goes to stdout, talk to stderr. With `--json` stdout holds nothing but one object a line. */
export class Printer {
  readonly json: boolean;
  readonly #host: Host;

  constructor(host: Host, json: boolean) {
    this.#host = host;
    this.json = json;
  }

  /** One result: the object for programs, the words for people (already safe for a terminal). */
  record(record: JsonRecord, words: string): void {
    this.#host.out(`${this.json ? toJsonLine(record) : words}\n`);
  }

  /** Text that is not a result: next steps, what is going on. */
  talk(words: string): void {
    this.#host.err(`${plainLine(words)}\n`);
  }

  error(error: Pick<KithError, 'code' | 'message' | 'hint'>, candidates: readonly JsonRecord[] = []): void {
    if (this.json) {
      const { code, message, hint } = error;
      this.#host.out(
        `${toJsonLine({ error: { code, message, hint, ...(candidates.length > 0 ? { candidates } : {}) } })}\n`,
      );
      return;
    }
    this.#host.err(`${plain(`${error.message} ${error.hint}`)}\n`);
    for (const each of candidates)
      this.#host.err(
        `  ${Object.values(each)
          .map((value) => plainLine(String(value)))
          .join('  ')}\n`,
      );
  }
}
