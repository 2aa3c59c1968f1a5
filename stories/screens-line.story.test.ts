// What a browser with Kith sends, and to whom: everything it does passes a proxy that writes it down.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { steps } from '../apps/web/test/support.ts';
import { freshPerson, freshRelay } from './support/engines.ts';
import { atScreen, meetByName, openApp, relayWithApp } from './support/people.ts';
import { buildApps } from './support/screens.ts';
import { root } from './support/texts.ts';

beforeAll(buildApps);

/** What this browser asks of its maker by itself, whatever page is open: updates, sign-in, help with forms. */
const OF_THE_BROWSER = /(^|\.)(google|googleapis|gstatic|gvt1)\.com(:\d+)?$/;

interface CaptureProxy {
  readonly flags: readonly string[];
  /** Every host and port that was asked for by the page. */
  readonly asked: Set<string>;
}
/** An HTTP proxy for one browser, for this computer's own addresses too. */
const captureProxy = async (): Promise<CaptureProxy> => {
  const asked = new Set<string>();
  const ask = (host: string): void => {
    if (!OF_THE_BROWSER.test(host)) asked.add(host);
  };
  const sockets = new Set<Socket>();
  const proxy = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '', 'http://nowhere.invalid');
    ask(url.host);
    const onward = request(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  proxy.on('connect', (incoming, client: Socket, head: Buffer) => {
    ask(incoming.url ?? '');
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const onward = connect(Number(port === '' ? 80 : port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  return { asked, flags: [`--proxy-server=http://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'] };
};

test('S4.40 nothing leaves a browser but to its origin and the relays that were chosen', async () => {
  const relay = await relayWithApp();
  const other = await freshRelay();
  const proxy = await captureProxy();
  const alice = await atScreen({ flags: proxy.flags }, false);
  const bob = await atScreen();
  const host = new URL(relay.url).host;
  await meetByName(alice.page, bob.page, relay.url, ['Alice', 'Bob']);
  const { write, reads } = steps(alice.page);
  // Nothing is looked up for addresses in messages, of either side.
  await write('look: https://example.org/a and http://tracker.example/pixel.png');
  await steps(bob.page).write('see www.example.com and https://example.net/preview.jpg');
  await reads('example.net');
  await alice.page.keyboard.press('Control+,');
  await alice.page.getByRole('heading', { name: 'Settings' }).waitFor();
  await alice.page.reload();
  await steps(alice.page).button('Add someone').first().waitFor();
  expect([...proxy.asked]).toEqual([host]);
  expect(alice.complaints).toEqual([]);
  // The proxy would have seen it.
  await alice.page.evaluate(() => fetch('https://example.org/').catch(() => undefined));
  expect([...proxy.asked]).toEqual([host, 'example.org:443']);

  // A relay that the person adds is asked from then on.
  await alice.page.keyboard.press('Control+,');
  await alice.page.getByLabel('Address of a relay').fill(other.url);
  await alice.page.keyboard.press('Enter');
  await expect.poll(() => [...proxy.asked]).toContain(new URL(other.url).host);
});

test('S4.40 the settings of a fresh browser and a fresh home are those of docs/defaults.md', async () => {
  const page = readFileSync(join(root, 'docs/defaults.md'), 'utf8');
  const written = (page.split('<!-- table: settings -->\n')[1] ?? '')
    .split('\n\n', 1)[0]
    ?.split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  expect(written?.length).toBeGreaterThan(5);
  const relay = await relayWithApp();
  const { kith } = await freshPerson(relay.url);
  const inHome = (await kith.call('set', {})).map(({ key, value }) => [key, value]);
  expect(inHome.toSorted()).toEqual(written?.toSorted());

  const alice = await atScreen();
  await openApp(alice.page, relay.url);
  await alice.page.keyboard.press('Control+,');
  const on = (name: RegExp): Promise<boolean> => alice.page.getByRole('switch', { name }).isChecked();
  await alice.page.getByRole('switch').first().waitFor();
  const shown = new Map(written as [string, string][]);
  expect(await on(/Read receipts/)).toBe(shown.get('read-receipts') === 'on');
  expect(await on(/Show when I am writing/)).toBe(shown.get('typing') === 'on');
  expect(await alice.page.getByRole('radio', { name: 'Like this device' }).isChecked()).toBe(
    shown.get('theme') === 'system',
  );
});
