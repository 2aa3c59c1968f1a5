// The service worker. FILES and VERSION are put before this text at build: every file with its SHA-256.
// A file whose bytes do not fit its hash makes the install fail, so a half-changed or tampered release never starts.
/* global FILES, VERSION */
addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(VERSION);
      // What is still on its way when one file is refused would hold the server's connections until the browser ends
      // this worker (half a minute), and the next release would wait for them.
      const stop = new AbortController();
      try {
        await Promise.all(
          FILES.map(async ([path, hash]) => {
            const asked = { cache: 'no-store', integrity: `sha256-${hash}`, signal: stop.signal };
            const answer = await fetch(path, asked);
            if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
            await cache.put(path, answer);
          }),
        );
      } finally {
        stop.abort();
      }
      // "About" names the release that runs, which is this one, also while a newer one waits.
      await cache.put('/build.json', Response.json({ build: VERSION.replace('kith-', '') }));
    })(),
  );
});

addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name);
      await clients.claim();
    })(),
  );
});

// Pages are those of the app; what is not ours (the relay's /v1 among it) goes to the network untouched.
addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  const page = event.request.mode === 'navigate' && ['/', '/i', '/d'].includes(url.pathname);
  const path = page ? '/index.html' : url.pathname;
  if (path !== '/build.json' && !FILES.some(([known]) => known === path)) return;
  event.respondWith((async () => (await (await caches.open(VERSION)).match(path)) ?? fetch(event.request))());
});

const windows = () => clients.matchAll({ type: 'window', includeUncontrolled: true });

async function notify({ title, body, conversation }) {
  if ((await windows()).some((window) => window.visibilityState === 'visible')) return;
  await registration.showNotification(title, { body, tag: conversation, data: conversation, icon: '/icon-192.png' });
}

addEventListener('message', (event) => {
  if (event.data?.type === 'activate') skipWaiting();
  if (event.data?.type === 'notify') event.waitUntil(notify(event.data));
});

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    (async () => {
      const [window] = await windows();
      if (window === undefined) return clients.openWindow('/');
      window.postMessage({ open: event.notification.data });
      return window.focus();
    })(),
  );
});
