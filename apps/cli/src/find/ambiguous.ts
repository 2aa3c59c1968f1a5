import { KithError } from '@kith/core/client';
import type { JsonRecord } from '../print/printer.ts';

/** More than one thing fits what was typed; the candidates are printed with the error. */
export class AmbiguousError extends KithError {
  readonly candidates: readonly JsonRecord[];
  constructor(what: string, candidates: readonly JsonRecord[]) {
    super('ambiguous', { message: `More than one ${what} fits.`, hint: 'Use one of the ids.' });
    this.candidates = candidates;
  }
}
