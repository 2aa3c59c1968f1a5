// Every codec that a module exports: what fuzzing runs over, and what the specification shows.
import type { Codec, Named } from '@kith/core/codec';
import type { Rules } from './cddl-sample.ts';

export interface KnownCodec {
  /** `folder/file#export`, and the kind for one of `kinds`. */
  readonly where: string;
  readonly codec: Codec<unknown>;
}

const isCodec = (value: unknown): value is Codec<unknown> =>
  typeof value === 'object' && value !== null && 'cddl' in value && 'uses' in value && 'in' in value && 'out' in value;
const isKinds = (value: unknown): value is { readonly cases: readonly { type: string; codec: Codec<unknown> }[] } =>
  typeof value === 'object' && value !== null && 'cases' in value && 'knows' in value;

/** `modules`: by path, what each exports. */
export const codecsIn = (
  modules: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly KnownCodec[] => {
  const found = new Map<unknown, KnownCodec>();
  const add = (where: string, codec: Codec<unknown>): void =>
    void (found.has(codec) || found.set(codec, { where, codec }));
  for (const [path, exported] of Object.entries(modules)) {
    // An index only says again what its folder has.
    if (path.endsWith('/index.ts')) continue;
    const file = path.split('/').slice(-2).join('/').replace('.ts', '');
    for (const [name, value] of Object.entries(exported)) {
      if (isCodec(value)) add(`${file}#${name}`, value);
      if (isKinds(value)) for (const { type, codec } of value.cases) add(`${file}#${name}.${type}`, codec);
    }
  }
  return [...found.values()];
};

/** The CDDL of every named format. One name with two meanings is a bug of ours. */
export const rulesOf = (codecs: readonly KnownCodec[]): Rules => {
  const rules = new Map<string, string>();
  const add = (named: readonly Named[]): void => {
    for (const { name, cddl, uses } of named) {
      const before = rules.get(name);
      if (before !== undefined && before !== cddl)
        throw new Error(`two formats are named "${name}": ${before} and ${cddl}`);
      rules.set(name, cddl);
      add(uses);
    }
  };
  for (const { codec } of codecs) add(codec.uses);
  return rules;
};
