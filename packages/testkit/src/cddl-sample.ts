// Values made from the CDDL alone, without the codec that printed it: what a page of the specification allows, the code has to
// take. Reads the part of RFC 8610 that our codecs write.
import type { SeededRandomness } from './seeded-randomness.ts';

export type Rules = ReadonlyMap<string, string>;
/** `least`: smallest numbers, shortest lists, first choices. `full`: largest, longest, last. `any`: drawn. */
export type Size = 'least' | 'full' | 'any';

/** Longer lists and strings add time, not kinds of values. */
const LONGEST_LIST = 20;
const LONGEST_STRING = 2_000;
const LETTERS = ['a', 'Z', '0', ' ', 'é', '한', '🙂', '\u202e', '\u0000', '\ufeff'];

interface Reader {
  readonly text: string;
  at: number;
}
const skip = (reader: Reader, token: string): boolean => {
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
};
const need = (reader: Reader, token: string): void => {
  if (!skip(reader, token)) throw new Error(`expected "${token}" at ${reader.at} of ${reader.text}`);
};
const match = (reader: Reader, pattern: RegExp): RegExpExecArray | undefined => {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text) ?? undefined;
  if (found !== undefined) reader.at += found[0].length;
  return found;
};

type Make = () => unknown;

/** A maker of values of the type that `cddl` says. */
export const sampler = (cddl: string, rules: Rules, randomness: SeededRandomness, size: Size): Make => {
  const between = (least: number, most: number): number => {
    if (size === 'least') return least;
    if (size === 'full') return most;
    // Edges are where bounds are wrong.
    const draw = randomness.int(8);
    return draw === 0 ? least : draw === 1 ? most : least + Math.floor(randomness.fraction() * (most - least + 1));
  };
  const bytes = (least: number, most: number): Uint8Array =>
    randomness.bytes(between(least, size === 'any' ? Math.max(least, Math.min(most, LONGEST_STRING)) : most));
  const letters = (least: number, most: number): string => {
    const wanted = between(least, size === 'any' ? Math.min(most, LONGEST_STRING) : most);
    let [text, length] = ['', 0];
    for (;;) {
      const letter = size === 'full' ? 'x' : randomness.pick(LETTERS);
      const more = letter.codePointAt(0) ?? 0;
      length += more < 0x80 ? 1 : more < 0x800 ? 2 : more < 0x10000 ? 3 : 4;
      if (length > wanted) return text;
      text += letter;
    }
  };

  const choice = (reader: Reader): Make => {
    const makes = [single(reader)];
    while (skip(reader, ' / ')) makes.push(single(reader));
    const [first, last] = [makes[0] as Make, makes.at(-1) as Make];
    if (size !== 'any') return size === 'least' ? last : first;
    return () => randomness.pick(makes)();
  };
  const single = (reader: Reader): Make => {
    if (skip(reader, '[')) return array(reader);
    if (skip(reader, '(')) {
      const inner = choice(reader);
      need(reader, ')');
      return inner;
    }
    const uint = match(reader, /uint \.le (\d+)/y);
    if (uint !== undefined) return () => between(0, Number(uint[1]));
    const string = match(reader, /([tb])str \.size (?:\((\d+)\.\.(\d+)\)|(\d+))/y);
    if (string !== undefined) {
      const [least, most] = [Number(string[2] ?? string[4]), Number(string[3] ?? string[4])];
      return string[1] === 't' ? () => letters(least, most) : () => bytes(least, most);
    }
    const literal = match(reader, /\d+/y);
    if (literal !== undefined) return () => Number(literal[0]);
    const name = match(reader, /[a-z][a-z0-9-]*/y)?.[0];
    if (name === 'null') return () => null;
    if (name === 'bool') return () => between(0, 1) === 1;
    const rule = name === undefined ? undefined : rules.get(name);
    if (rule === undefined) throw new Error(`no rule "${name}" for ${reader.text.slice(reader.at - 20)}`);
    return sampler(rule, rules, randomness, size);
  };
  const array = (reader: Reader): Make => {
    const parts: (() => readonly unknown[])[] = [];
    while (!skip(reader, ']')) {
      const times = match(reader, /(\d+)\*(\d+) /y);
      match(reader, /[A-Za-z][A-Za-z0-9]*: /y);
      const make = choice(reader);
      if (times === undefined) parts.push(() => [make()]);
      else {
        const [least, most] = [Number(times[1]), Number(times[2])];
        parts.push(() => Array.from({ length: between(least, Math.max(least, Math.min(most, LONGEST_LIST))) }, make));
      }
      skip(reader, ', ');
    }
    return () => parts.flatMap((part) => part());
  };

  const reader = { text: cddl, at: 0 };
  const make = choice(reader);
  if (reader.at !== cddl.length) throw new Error(`not understood from ${reader.at}: ${cddl}`);
  return make;
};
