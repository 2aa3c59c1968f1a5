// All screens over a Kith that lives in this page's memory, in states that are hard to reach with a real one.
// Never part of the release: `vite build` starts at apps/web/index.html, which knows nothing of this folder.
import '../src/styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '../src/app/app.tsx';
import type { Platform } from '../src/app/platform.ts';
import { go, startRouting, type Route } from '../src/app/route.ts';
import { applyTheme } from '../src/app/settings.ts';
import { CouldNotStart, Evicted, Missing } from '../src/screens/missing.tsx';
import { en } from '../src/words/en.ts';
import { useWords } from '../src/words/index.ts';
import { pseudo } from '../src/words/pseudo.ts';
import { createFixture, type Scene } from './fixture.ts';

const asked = new URLSearchParams(location.search);
const scene = (asked.get('scene') ?? 'talk') as Scene;
const language = asked.get('words');
useWords(language === 'pseudo' ? pseudo(en, false) : language === 'mirror' ? pseudo(en, true) : en);
localStorage.clear();
applyTheme(asked.get('theme') ?? 'system');

const fixture = createFixture(scene);
const platform: Platform = {
  persisted: async () => asked.get('persisted') === 'yes',
  persist: async () => true,
  usedBytes: async () => 3_400_000,
  wasHere: true,
  privateWindow: async () => asked.has('private'),
  derive: () => Promise.reject(new Error('there is no engine here')),
  build: async () => '0123456789abcdef',
};
Object.assign(globalThis, { fixture });

const route = asked.get('route');
if (route !== null) go(JSON.parse(route) as Route, 'replace');
startRouting();
const element = document.querySelector('#root');
if (element === null) throw new Error('no #root');
// What React got over by itself is told by its cause, which a number of React's does not name.
const told = (error: unknown): void => reportError(error instanceof Error ? (error.cause ?? error) : error);
createRoot(element, { onRecoverableError: told }).render(
  <StrictMode>
    {asked.has('missing') ? (
      <Missing features={['secure-context', 'opfs']} />
    ) : asked.has('evicted') ? (
      <Evicted onGoOn={() => undefined} />
    ) : asked.has('damaged') ? (
      <CouldNotStart problem="damaged-home" />
    ) : (
      <App kith={fixture.kith} platform={platform} />
    )}
  </StrictMode>,
);
