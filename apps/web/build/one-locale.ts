// React Aria carries its few built-in phrases in 30 languages. Screens speak English so far: the others stay out of the
// bundle and fall back to English. When a language is added to src/words, it is added here.
import type { Plugin } from 'vite';

const KEPT = new Set(['en-US']);
const phrases =
  /\/(?:react-aria|react-stately|react-aria-components)\/.*\/intl\/(?:[^/]+\/)?([a-z]{2}-[A-Z]{2})\.m?js$/u;

export function oneLocale(): Plugin {
  return {
    name: 'kith-one-locale',
    enforce: 'pre',
    load(id) {
      const locale = phrases.exec(id)?.[1];
      return locale === undefined || KEPT.has(locale) ? null : "export { default } from './en-US.mjs';";
    },
  };
}
