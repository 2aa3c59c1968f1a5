// The few expectations that contract suites need, without a test runner: some of them run inside workers.

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Uint8Array ? `bytes ${Array.from(inner.subarray(0, 40)).join(' ')}` : inner,
  ) ?? String(value);

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const same = (a: unknown, b: unknown): boolean => {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
    );
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  if (!isPlain(a) || !isPlain(b)) return Object.is(a, b);
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
};

const fail = (what: string, note: string): never => {
  throw new Error(note === '' ? what : `${note}: ${what}`);
};

export const checkEqual = (actual: unknown, expected: unknown, note = ''): void => {
  if (!same(actual, expected)) fail(`expected ${show(expected)}, got ${show(actual)}`, note);
};
/** `what`: the very error, or a pattern of its message. */
export const checkThrows = (work: () => unknown, what?: Error | RegExp): void => {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    if (
      what === undefined ||
      error === what ||
      (what instanceof RegExp && error instanceof Error && what.test(error.message))
    )
      return;
    thrown = error;
  }
  fail(`expected it to throw ${String(what ?? 'something')}, got ${String(thrown)}`, '');
};
