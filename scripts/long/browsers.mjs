// The first conversation in browsers other than Chromium: `npm run long -- browsers`. Debian's Firefox and WebKitGTK, driven by
// WebDriver, talk to Chromium and to each other. Ends with one JSON line; exit 1 when anything did not come true.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelay } from '../../apps/relay/src/index.ts';
import { person } from '../../apps/web/test/support.ts';
import { firstConversation, screenOf, stillThere } from '../../stories/support/first-conversation.ts';
import { lendFiles } from '../../stories/support/lent-files.ts';
import { driverOf, startDisplay, startFirefox, startWebKit } from '../../stories/support/other-browsers.ts';
import { buildApps, webRoot } from '../../stories/support/screens.ts';
import { ensureDebian } from '../debian.mjs';

ensureDebian(['chromium', 'firefox-esr', 'webkit2gtk-driver', 'gir1.2-webkit2-4.1', 'gjs', 'xvfb'], (words) =>
  console.error(words),
);
const started = performance.now();
buildApps();

const folder = mkdtempSync(join(tmpdir(), 'kith-browsers-'));
const fresh = (what) => mkdtempSync(join(folder, `${what}-`));
const closers = [];
const kept = (one, close) => {
  closers.unshift(close);
  return one;
};
const relayWith = async (files) => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', data: fresh('relay'), webRoot: files });
  return kept(relay, () => relay.close());
};
/** Ended once, by the story or at its end. */
const screen = (driver) => {
  let over;
  const end = () => (over ??= driver.end());
  return screenOf(kept({ ...driver, end }, end));
};
const chromium = async () => {
  const { page, complaints, close } = await person();
  return screen(driverOf(page, complaints, close));
};

const faults = [];
const figures = {};
const story = async (name, tell) => {
  try {
    figures[name] = await tell();
    console.error(`${name}: ${JSON.stringify(figures[name])}`);
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
    console.error(`${name}: ${error.stack}`);
  } finally {
    for (const close of closers.splice(0)) await close();
  }
};
/** Both ways, then a reload on either side. */
const talk = async (inviter, acceptor, url) => {
  const seconds = await firstConversation(inviter, acceptor, url);
  await stillThere(acceptor, inviter);
  await stillThere(inviter, acceptor);
  for (const { driver } of [inviter, acceptor])
    if (driver.complaints.length > 0) throw new Error(`${driver.name} complained: ${driver.complaints.join(' | ')}`);
  return { versions: [inviter, acceptor].map(({ driver }) => `${driver.name} ${driver.version}`), seconds };
};

try {
  await story('Firefox accepts what Chromium shows, and still knows it when it is started again', async () => {
    const { url } = await relayWith(webRoot);
    const profile = fresh('firefox');
    const [alice, bob] = [await chromium(), screen(await startFirefox(profile))];
    const report = await talk(alice, bob, url);
    const texts = await bob.texts();
    await bob.driver.end();
    const again = screen(await startFirefox(profile));
    await again.driver.go(url);
    await again.shows(texts);
    await again.write('After a new start');
    await alice.reads('After a new start');
    return report;
  });
  await story('Chromium accepts what Firefox shows', async () => {
    const { url } = await relayWith(webRoot);
    return talk(screen(await startFirefox(fresh('firefox'))), await chromium(), url);
  });

  const { display, close } = await startDisplay();
  try {
    await story('WebKitGTK as Debian delivers it is told what is missing, before anything can be typed', async () => {
      const { url } = await relayWith(webRoot);
      const alice = screen(await startWebKit(display));
      await alice.driver.go(url);
      const missing = await alice.until(
        'what is missing',
        `document.querySelector('[data-testid=missing]')?.innerText`,
      );
      const fields = await alice.driver.run(`document.querySelectorAll('input, textarea, button').length`);
      if (fields !== 0) throw new Error(`there are ${fields} things to type into or to press`);
      return { versions: [`${alice.driver.name} ${alice.driver.version}`], missing };
    });
    await story('WebKitGTK with file storage switched on refuses it still, and is told so', async () => {
      const { url } = await relayWith(webRoot);
      const alice = screen(await startWebKit(display, fresh('webkit')));
      await alice.driver.go(url);
      return {
        missing: await alice.until('what is missing', `document.querySelector('[data-testid=missing]')?.innerText`),
      };
    });
    const lent = async () => {
      const files = fresh('web');
      const lender = await lendFiles(webRoot, files);
      kept(lender, () => lender.close());
      return { url: (await relayWith(files)).url, lender };
    };
    const webkit = async () => screen(await startWebKit(display, fresh('webkit')));
    for (const [name, inviter, acceptor] of [
      ['WebKitGTK, its files lent, accepts what Chromium shows', chromium, webkit],
      [
        'Firefox accepts what WebKitGTK shows, its files lent',
        webkit,
        async () => screen(await startFirefox(fresh('firefox'))),
      ],
    ])
      await story(name, async () => {
        const { url, lender } = await lent();
        const report = await talk(await inviter(), await acceptor(), url);
        if (lender.count === 0) throw new Error('no file was borrowed');
        return report;
      });
  } finally {
    await close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
for (const fault of faults) console.error(fault);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(JSON.stringify({ long: 'browsers', seconds, stories: figures, faults: faults.length }));
process.exit(faults.length > 0 ? 1 : 0);
