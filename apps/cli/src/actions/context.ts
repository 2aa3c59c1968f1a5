import type { Kith } from '@kith/core/client';
import type { Host } from '../host.ts';
import type { Input } from '../parse/input.ts';
import type { Printer } from '../print/printer.ts';

/** What an action has: what was typed, where to print, and the engine once it asks for it. */
export interface Context {
  readonly input: Input;
  readonly print: Printer;
  readonly host: Host;
  /** Absolute. */
  readonly home: string;
  /**
   * Opens the home at the first call. The command is given up when it has not ended `limitMs` later; null: it may run for
   * ever. `onRole`: told whether this process owns the home, at first and after each take-over.
   */
  kith(limitMs?: number | null, onRole?: (owner: boolean) => void): Promise<Kith>;
}
