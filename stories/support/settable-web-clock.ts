// The web app with a clock that a test can set: what is served is the built app, and before its engine's worker and its page
// look at the date, that of this machine is moved.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { freshFolder } from './engines.ts';
import { webRoot } from './screens.ts';

const CHANNEL = 'the clock of this test';
const SHIM = `{
  const RealDate = Date;
  let off = 0;
  globalThis.Date = class extends RealDate {
    constructor(...parts) { if (parts.length === 0) super(RealDate.now() + off); else super(...parts); }
    static now() { return RealDate.now() + off; }
  };
  const channel = new BroadcastChannel(${JSON.stringify(CHANNEL)});
  channel.onmessage = ({ data }) => {
    if (typeof data !== 'number') return;
    off = data;
    channel.postMessage('set');
  };
}
`;

/** A copy of the built app, to be served. */
export const webRootWithClock = (): string => {
  const folder = join(freshFolder(), 'web');
  cpSync(webRoot, folder, { recursive: true });
  const assets = join(folder, 'assets');
  const workers = readdirSync(assets).filter((name) => /^engine-worker-.*\.js$/.test(name));
  if (workers.length === 0) throw new Error('the built app has no worker of an engine');
  for (const name of workers) writeFileSync(join(assets, name), SHIM + readFileSync(join(assets, name), 'utf8'));
  return folder;
};

/** Waits only as clocks do that are set: what was to come after a while comes after that while. Resolves when the engine has it. */
export const setClockOf = (page: Page, offMs: number): Promise<void> =>
  page.evaluate(
    ([name, off]) =>
      new Promise<void>((resolve) => {
        const channel = new BroadcastChannel(name);
        channel.onmessage = ({ data }) => {
          if (data !== 'set') return;
          channel.close();
          resolve();
        };
        channel.postMessage(off);
      }),
    [CHANNEL, offMs] as const,
  );
