import { MACHINE } from './machine.ts';
import { PEOPLE } from './people.ts';
import type { CommandSpec } from './spec.ts';
import { TALK } from './talk.ts';

export * from './options.ts';
export * from './spec.ts';
/** Every command there is. */
export const COMMANDS: readonly CommandSpec[] = [...PEOPLE, ...TALK, ...MACHINE];
