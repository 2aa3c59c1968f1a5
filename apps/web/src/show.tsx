// What the entry loads: all that is drawn.
import {
  deriveInWorker,
  MissingFeature,
  looksPrivate,
  requestPersistence,
  storageStatus,
  trustedWorkerUrl,
  type Feature,
  type WebKith,
} from '@kith/platform-web';
import engineWorkerUrl from '@kith/platform-web/engine-worker?worker&url';
import probeWorkerUrl from '@kith/platform-web/probe-worker?worker&url';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { pendingKith } from './app/pending-kith.ts';
import type { Platform } from './app/platform.ts';
import { problemOf } from './app/problem.ts';
import { startRouting } from './app/route.ts';
import { applyTheme } from './app/settings.ts';
import { startUpdates } from './app/update.ts';
import { CouldNotStart, Evicted, Missing } from './screens/missing.tsx';
import { en } from './words/en.ts';
import { useWords } from './words/index.ts';

const element = document.querySelector('#root');
if (element === null) throw new Error('index.html has no #root');
const root = createRoot(element);
const draw = (screen: ReactNode): void => root.render(<StrictMode>{screen}</StrictMode>);

const platform: Omit<Platform, 'wasHere'> = {
  persisted: async () => (await storageStatus()).persisted,
  persist: requestPersistence,
  usedBytes: async () => (await storageStatus()).used,
  privateWindow: () => looksPrivate(probeWorkerUrl),
  derive: (passphrase, cost) => deriveInWorker(passphrase, cost, engineWorkerUrl),
  build: readBuild,
};

/** The list of files with their hashes, made at build; a build is named by the hash of that list. */
async function readBuild(): Promise<string | null> {
  if (!import.meta.env.PROD) return null;
  const answer: unknown = await fetch('/build.json').then(
    (response) => response.json(),
    () => null,
  );
  return typeof answer === 'object' && answer !== null && 'build' in answer ? String(answer.build) : null;
}

/** The app over an engine that is starting; `startAnew` begins again where everything is gone. */
export async function show(
  starting: Promise<WebKith>,
  startAnew: () => Promise<WebKith>,
  wasHere: boolean,
): Promise<void> {
  draw(<App kith={pendingKith(starting)} platform={{ ...platform, wasHere }} />);
  try {
    await starting;
  } catch (error) {
    if (error instanceof MissingFeature) {
      showMissing([error.feature]);
      return;
    }
    const problem = problemOf(error);
    const again = (): void => void show(startAnew(), startAnew, false);
    draw(problem === 'evicted' ? <Evicted onGoOn={again} /> : <CouldNotStart problem={problem} />);
  }
  if (import.meta.env.PROD) await startUpdates(trustedWorkerUrl('/sw.js'), new URL(import.meta.url).pathname);
}

export const showMissing = (features: readonly Feature[]): void => draw(<Missing features={features} />);

useWords(en);
applyTheme(localStorage.getItem('theme') ?? 'system');
startRouting();
