// A small client for two W3C protocols that drive browsers: WebDriver over HTTP, and WebDriver BiDi over a WebSocket.

/** What stories do with a browser, whichever protocol it speaks. */
export interface Driver {
  readonly name: string;
  readonly version: string;
  /** Errors of the page's console, as far as the protocol tells them. */
  readonly complaints: readonly string[];
  go(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The JSON value of a JavaScript expression, or of the promise it is. */
  run(expression: string): Promise<unknown>;
  /** Presses the pointer there, in pixels of the window's inside. */
  click(x: number, y: number): Promise<void>;
  type(text: string): Promise<void>;
  end(): Promise<void>;
}

/** The key Enter, as both protocols write it. */
export const ENTER = '\uE007';

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const part = (value: unknown, name: string): Json => {
  const found = isJson(value) ? value[name] : undefined;
  if (!isJson(found)) throw new Error(`no ${name} in ${JSON.stringify(value)}`);
  return found;
};

const pressAt = (x: number, y: number): readonly Json[] => [
  {
    type: 'pointer',
    id: 'mouse',
    parameters: { pointerType: 'mouse' },
    actions: [
      { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0, origin: 'viewport' },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ],
  },
];
const typing = (text: string): readonly Json[] => [
  {
    type: 'key',
    id: 'keys',
    actions: Array.from(text).flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]),
  },
];

/** https://www.w3.org/TR/webdriver2/ : `address` is that of a driver that listens already. */
export const openWebDriver = async (address: string, capabilities: Json): Promise<Driver> => {
  const ask = async (method: string, path: string, body?: Json): Promise<unknown> => {
    const response = await fetch(`${address}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return isJson(answer) ? answer['value'] : undefined;
  };
  const session = await ask('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
  const has = part(session, 'capabilities');
  const path = `/session/${isJson(session) ? String(session['sessionId']) : ''}`;
  const act = (actions: readonly Json[]): Promise<unknown> => ask('POST', `${path}/actions`, { actions });
  return {
    name: String(has['browserName']),
    version: String(has['browserVersion']),
    complaints: [],
    go: async (url) => void (await ask('POST', `${path}/url`, { url })),
    reload: async () => void (await ask('POST', `${path}/refresh`, {})),
    run: (expression) =>
      ask('POST', `${path}/execute/async`, {
        script: `Promise.resolve(${expression}).then(arguments[0], (error) => arguments[0](String(error)));`,
        args: [],
      }),
    click: async (x, y) => void (await act(pressAt(x, y))),
    type: async (text) => void (await act(typing(text))),
    end: async () => void (await ask('DELETE', path)),
  };
};

/** https://w3c.github.io/webdriver-bidi/ : `address` is that of the browser's own WebSocket. */
export const openBidi = async (address: string): Promise<Driver> => {
  const socket = new WebSocket(`${address}/session`);
  const waiting = new Map<number, (answer: Json) => void>();
  const complaints: string[] = [];
  let numbers = 0;
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`nothing listens at ${address}`)));
  });
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    if (!isJson(message)) return;
    waiting.get(Number(message['id']))?.(message);
    if (message['method'] !== 'log.entryAdded') return;
    const { level, text } = part(message, 'params');
    if (level === 'error') complaints.push(String(text));
  });
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  const ask = async (method: string, params: Json): Promise<Json> => {
    const id = ++numbers;
    const answer = await new Promise<Json>((resolve, reject) => {
      waiting.set(id, resolve);
      void closed.then(() => reject(new Error(`${method}: the browser ended`)));
      socket.send(JSON.stringify({ id, method, params }));
    });
    waiting.delete(id);
    if (answer['type'] !== 'success') throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return part(answer, 'result');
  };
  const has = part(await ask('session.new', { capabilities: {} }), 'capabilities');
  await ask('session.subscribe', { events: ['log.entryAdded'] });
  const { contexts } = await ask('browsingContext.getTree', {});
  const first: unknown = Array.isArray(contexts) ? contexts[0] : undefined;
  const context = isJson(first) ? String(first['context']) : '';
  const act = (actions: readonly Json[]): Promise<Json> => ask('input.performActions', { context, actions });
  return {
    name: String(has['browserName']),
    version: String(has['browserVersion']),
    complaints,
    go: async (url) => void (await ask('browsingContext.navigate', { context, url, wait: 'complete' })),
    reload: async () => void (await ask('browsingContext.reload', { context, wait: 'complete' })),
    run: async (expression) => {
      const answer = await ask('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
        target: { context },
        awaitPromise: true,
      });
      const said = part(answer, 'result')['value'];
      return typeof said === 'string' ? (JSON.parse(said) as unknown) : undefined;
    },
    click: async (x, y) => void (await act(pressAt(x, y))),
    type: async (text) => void (await act(typing(text))),
    end: async () => {
      await ask('browser.close', {});
      await closed;
    },
  };
};
