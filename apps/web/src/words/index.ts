import { en, type Words } from './en.ts';

export type { Words } from './en.ts';

/** The words of the language in use. Set once, before the first screen; a change of language starts the page anew. */
export let t: Words = en;

export function useWords(words: Words): void {
  t = words;
  document.documentElement.lang = words.locale;
  document.documentElement.dir = words.dir;
}
