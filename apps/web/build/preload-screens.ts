// The entry loads the screens by itself, later than a browser could: index.html names them, so that all come at once.
import type { Plugin, Rolldown } from 'vite';

const SCREENS = /[\\/]src[\\/]show\.tsx$/u;

export function preloadScreens(): Plugin {
  return {
    name: 'kith-preload-screens',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk');
        const screens = chunks.find(({ facadeModuleId }) => SCREENS.test(facadeModuleId ?? ''));
        if (screens === undefined) throw new Error('there are no screens to preload');
        const needed = new Set<string>();
        const add = (chunk: Rolldown.OutputChunk): void => {
          if (needed.has(chunk.fileName)) return;
          needed.add(chunk.fileName);
          for (const name of chunk.imports) {
            const next = chunks.find(({ fileName }) => fileName === name);
            if (next !== undefined) add(next);
          }
        };
        add(screens);
        return [...needed]
          .map((file) => `/${file}`)
          .filter((href) => !html.includes(`"${href}"`))
          .map((href) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href }, injectTo: 'head' }));
      },
    },
  };
}
