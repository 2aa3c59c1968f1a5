import './styles/index.css';
import { missingFeatures, requestPersistence, startWebKith, storageStatus, trustedWorkerUrl } from '@kith/platform-web';
import engineWorkerUrl from '@kith/platform-web/engine-worker?worker&url';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { watchInstallability } from './app/install.ts';
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
const show = (screen: ReactNode): void => root.render(<StrictMode>{screen}</StrictMode>);

/** Private windows give a small part of the memory instead of a part of the disk; browsers offer no better sign. */
const PRIVATE_QUOTA = 2 ** 31;

const platform: Platform = {
  persisted: async () => (await storageStatus()).persisted,
  persist: requestPersistence,
  usedBytes: async () => (await storageStatus()).used,
  privateWindow: async () => {
    const { persisted, quota } = await storageStatus();
    return persisted !== true && quota !== null && quota < PRIVATE_QUOTA;
  },
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

async function start(startAnew: boolean): Promise<void> {
  try {
    const kith = await startWebKith({ relays: [location.origin], workerUrl: engineWorkerUrl, startAnew });
    show(<App kith={kith} platform={platform} />);
  } catch (error) {
    const problem = problemOf(error);
    show(problem === 'evicted' ? <Evicted onGoOn={() => void start(true)} /> : <CouldNotStart problem={problem} />);
  }
}

useWords(en);
watchInstallability();
applyTheme(localStorage.getItem('theme') ?? 'system');
startRouting();
const missing = await missingFeatures();
if (missing.length > 0) show(<Missing features={missing} />);
else {
  await start(false);
  if (import.meta.env.PROD) await startUpdates(trustedWorkerUrl('/sw.js'));
}
