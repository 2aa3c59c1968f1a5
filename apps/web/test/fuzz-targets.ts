// The texts of others as the screens take them apart.
import type { Targets } from '@kith/testkit/fuzz/guided';
import { longRuns } from '@kith/testkit/parsers';
import { isInvitation } from '../src/screens/add.tsx';
import { splitLinks } from '../src/ui/linked-text.tsx';

const lossy = new TextDecoder();
const seeds = [
  'see https://example.org/a_(b).',
  'http://a.example and HTTPS://b.example/',
  'kith:i#abc',
  'https://a/i#b',
].map((text) => new TextEncoder().encode(text));

export const targets: Targets = async () => [
  {
    name: 'links in a text',
    seeds: [...seeds, ...longRuns(2_000)],
    run: (data) => {
      const text = lossy.decode(data);
      const pieces = splitLinks(text);
      if (pieces.map((piece) => piece.text).join('') !== text) throw new Error('it shows another text');
      for (const { href } of pieces)
        if (href !== null && !/^https?:\/\//.test(href)) throw new Error(`it leads to ${href.slice(0, 80)}`);
      return pieces.find(({ href }) => href !== null);
    },
  },
  {
    name: 'a pasted invitation',
    seeds: [...seeds, ...longRuns(2_000)],
    run: (data) => isInvitation(lossy.decode(data)) || undefined,
  },
];
