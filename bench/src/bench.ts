import type { Print } from './line.ts';
import type { Yard } from './yard.ts';

export interface Racing {
  readonly yard: Yard;
  /** Small numbers, to see that it runs. */
  readonly isQuick: boolean;
  /** Packages of Debian may be installed for peers. */
  readonly isInstalling: boolean;
  readonly print: Print;
}
export type Bench = (racing: Racing) => Promise<void>;
