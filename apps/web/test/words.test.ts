import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import ts from 'typescript';
import { ERRORS } from '@kith/core/client';
import { splitLinks } from '../src/ui/linked-text.tsx';
import { en } from '../src/words/en.ts';
import { pseudo, toPseudo } from '../src/words/pseudo.ts';

const src = join(import.meta.dirname, '../src');
const screens = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'));

/** Attributes whose values people see or hear. */
const SPOKEN = new Set([
  'aria-label',
  'aria-description',
  'title',
  'label',
  'hint',
  'placeholder',
  'alt',
  'body',
  'yes',
  'no',
  'text',
]);

/** Words that stand in a screen instead of in the catalogue. */
function wordsIn(name: string, source: string): readonly string[] {
  const found: string[] = [];
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}/u.test(node.text)) found.push(`${name}: ${node.text.trim()}`);
    if (
      ts.isJsxExpression(node) &&
      node.expression !== undefined &&
      ts.isStringLiteral(node.expression) &&
      ts.isJsxElement(node.parent) &&
      /\p{L}/u.test(node.expression.text)
    ) {
      found.push(`${name}: ${node.expression.text}`);
    }
    if (
      ts.isJsxAttribute(node) &&
      SPOKEN.has(node.name.getText()) &&
      node.initializer !== undefined &&
      ts.isStringLiteral(node.initializer) &&
      /\p{L}/u.test(node.initializer.text)
    ) {
      found.push(`${name}: ${node.name.getText()}="${node.initializer.text}"`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test('screens hold no words of their own', () => {
  expect(screens.length).toBeGreaterThan(20);
  expect(screens.flatMap((name) => wordsIn(name, readFileSync(join(src, name), 'utf8')))).toEqual([]);
  expect(wordsIn('planted.tsx', 'export const A = () => <p aria-label="Hello">Good morning {"x"}</p>;')).toHaveLength(
    3,
  );
});

const leaves = (value: unknown, path: string): readonly (readonly [string, string])[] => {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String(value('1', '2', '3', '4'))]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
};

test('every word of the catalogue is used by some screen', () => {
  const all = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/u.test(name) && !name.startsWith('words'))
    .map((name) => readFileSync(join(src, name), 'utf8'))
    .join('\n');
  const unused = leaves(en, 't')
    .map(([path]) => path.split('.'))
    .filter(([, group, key]) => group !== 'errors' && key !== undefined)
    // A group that is looked up by a computed key (`t.validity[…]`) counts as used.
    .filter(([, group, key]) => !all.includes(`t.${group}.${key}`) && !all.includes(`t.${group}[`))
    .map((path) => path.join('.'));
  expect(unused).toEqual([]);
});

test('every error code has words that say what happened and what to do next, none of them about a command line', () => {
  expect(Object.keys(en.errors).toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  for (const { message, next } of Object.values(en.errors)) {
    expect(message).toMatch(/[.]$/u);
    expect(next.length).toBeGreaterThan(5);
    expect(`${message} ${next}`).not.toMatch(/`|--/u);
  }
});

test('no word of the trade: key, fingerprint, ratchet, verify, military', () => {
  const said = leaves(en, 't').filter(
    ([path]) => !path.startsWith('t.keyboard') && !path.startsWith('t.settings.enter'),
  );
  expect(said.filter(([, text]) => /\b(?:keys?|fingerprint|ratchet|verif\w*|military|session)\b/iu.test(text))).toEqual(
    [],
  );
});

test('the made-up language covers every word, is longer, and keeps what is filled in', () => {
  const words = pseudo(en, true);
  expect(words.dir).toBe('rtl');
  for (const [path, text] of leaves(words, 't')) {
    if (path === 't.dir' || path === 't.locale') continue;
    expect(text, path).toMatch(/^\[.*\]$/su);
  }
  expect(toPseudo('Add').length).toBeGreaterThan('Add'.length);
  expect(words.list.unread(3)).toContain('3');
});

test.each([
  ['see https://example.org.', ['https://example.org']],
  ['(https://example.org/a)', ['https://example.org/a']],
  ['https://en.wikipedia.org/wiki/A_(b)', ['https://en.wikipedia.org/wiki/A_(b)']],
  ['http://a.example and HTTPS://b.example/', ['http://a.example', 'HTTPS://b.example/']],
  ['javascript:alert(1) data:text/html,x file:///etc', []],
  ['https://bank.example@evil.example/', []],
  ['nothttps://example.org', []],
  ['https://', []],
  ['a\u202Ehttps://example.org/\u202Egpj.exe', ['https://example.org/']],
])('links in %j', (text, links) => {
  const pieces = splitLinks(text);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  expect(pieces.filter(({ href }) => href !== null).map((piece) => piece.text)).toEqual(links);
  for (const { href } of pieces) if (href !== null) expect(href).toMatch(/^https?:\/\//u);
});

/** Relative luminance and contrast as WCAG 2.2 defines them. */
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};

test('U13 colours: text at least 4.5, controls at least 3, in light and dark', () => {
  const css = readFileSync(join(src, 'styles/tokens.css'), 'utf8');
  const tokens = new Map(
    [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/gu)].map(
      ([, name = '', light = '', dark = '']) => [name, [light, dark]],
    ),
  );
  const pairs: readonly (readonly [string, string, number])[] = [
    ['ink', 'bg', 4.5],
    ['ink', 'panel', 4.5],
    ['ink', 'raised', 4.5],
    ['ink', 'mine', 4.5],
    ['soft', 'bg', 4.5],
    ['soft', 'panel', 4.5],
    ['soft', 'raised', 4.5],
    ['soft-mine', 'mine', 4.5],
    ['accent', 'bg', 4.5],
    ['accent', 'panel', 4.5],
    ['accent', 'raised', 4.5],
    ['accent', 'mine', 4.5],
    ['on-accent', 'accent', 4.5],
    ['warn', 'warn-bg', 4.5],
    ['bad', 'bad-bg', 4.5],
    ['good', 'good-bg', 4.5],
    ['bad', 'panel', 4.5],
    ['bad', 'mine', 4.5],
    ['field', 'bg', 3],
    ['field', 'raised', 3],
    ...[...'abcdefgh'].flatMap((hue) =>
      ['bg', 'panel', 'raised', 'mine'].map((under) => [`hue-${hue}`, under, 3] as const),
    ),
  ];
  const weak = pairs.flatMap(([a, b, least]) =>
    [0, 1].flatMap((scheme) => {
      const got = contrast(tokens.get(a)?.[scheme] ?? '', tokens.get(b)?.[scheme] ?? '');
      return got >= least ? [] : [`${a} on ${b}: ${got.toFixed(2)}`];
    }),
  );
  expect(weak).toEqual([]);
});
