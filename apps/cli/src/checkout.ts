import { fileURLToPath } from 'node:url';

// Sources and bundle stand at the same depth of the checkout, so the same steps lead out of both.
/** Where the build puts the web app. */
export const builtWebApp = fileURLToPath(new URL('../../web/dist', import.meta.url));
/** package.json of this program. */
export const ownPackage = new URL('../package.json', import.meta.url);
