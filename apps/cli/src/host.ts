import type { Kith } from '@kith/core/client';

/** Where a command runs: the process around it, or a test. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative file names start from. */
  readonly folder: string;
  out(text: string): void;
  err(text: string): void;
  /** Throws `bad-text` when what was typed was no UTF-8. */
  checkArguments(): void;
  stdin(): AsyncIterable<Uint8Array>;
  /** Asks at the terminal for something that is not to be seen; null when there is no terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Resolves at the first wish to end: `asked` by SIGINT, SIGTERM or SIGHUP, `unread` when the reader of stdout went away. */
  readonly ended: Promise<'asked' | 'unread'>;
  /** Opens the engine on a home; rejects with `home-busy` at once when another process holds it. */
  readonly openEngine: (wish: EngineWish) => Promise<Kith>;
}

export interface EngineWish {
  readonly home: string;
  /** For a home that has none yet. */
  readonly relays: readonly string[];
  /** Instead of the home's own, for this run. */
  readonly relaysForRun: readonly string[];
  /** False: connects only when something that is asked needs it. */
  readonly online: boolean;
}
