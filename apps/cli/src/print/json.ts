/** Legal in JSON, but line ends or terminal controls to some readers. */
const AWKWARD = /[\u007f-\u009f\u2028\u2029]/g;

/** One JSON value on one line for every reader; lone surrogates come out escaped. */
export const toJsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(AWKWARD, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
