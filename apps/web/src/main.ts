// The entry, and small: the engine starts first, in its worker, and the screens are loaded and drawn meanwhile.
import './styles/index.css';
import { mayStart, missingFeatures, startWebKith, wasHere, type WebKith } from '@kith/platform-web';
import engineWorkerUrl from '@kith/platform-web/engine-worker?worker&url';
import { followReleases } from './app/follow-releases.ts';
import { watchInstallability } from './app/installability.ts';

const startKith = (startAnew: boolean): Promise<WebKith> =>
  startWebKith({ relays: [location.origin], workerUrl: engineWorkerUrl, startAnew });

if (import.meta.env.PROD) followReleases();
// Before the engine, which leaves that sign.
const before = wasHere();
const starting = mayStart() ? startKith(false) : null;
// Told by the screens, once they are there.
starting?.catch(() => undefined);
watchInstallability();
const [missing, { show, showMissing }] = await Promise.all([missingFeatures(), import('./show.tsx')]);
if (starting === null || missing.length > 0) showMissing(missing);
else await show(starting, () => startKith(true), before);
