export { WORDS } from '../identity/index.ts';
