// Bugs in what people look at and run.
import type { SourcePlant } from './plant.ts';

const noticedBy = (test: string) => ({ file: 'apps/web/test/attacks.test.ts', test });

export const APP_PLANTS = {
  'notify-with-text': {
    words: 'A notification shows what was written.',
    file: 'apps/web/src/app/notifications.ts',
    find: "how === 'name' ? t.notification.from(nameFor(newest.conversation)) : t.notification.plain;",
    instead: "how === 'name' ? `${nameFor(newest.conversation)}: ${newest.text ?? ''}` : t.notification.plain;",
    noticedBy: noticedBy('class 21'),
  },
  'names-that-turn-round': {
    words: 'Names keep the characters that reorder what stands beside them.',
    file: 'apps/web/src/app/names.ts',
    find: "const plain = name.replace(STEERING, '').trim();",
    instead: 'const plain = name.trim();',
    noticedBy: noticedBy('class 23'),
  },
  'links-without-hosts': {
    words: 'A link of letters that look like others does not say where it leads.',
    file: 'apps/web/src/ui/linked-text.tsx',
    find: 'host: namesHost(shown, url) ? null : url.hostname',
    instead: 'host: null',
    noticedBy: { file: 'apps/web/test/fuzz.test.ts', test: 'class 24' },
  },
  'install-anything': {
    words: 'A release is installed whatever its bytes are.',
    file: 'apps/web/build/service-worker.js',
    find: 'integrity: `sha256-${hash}`, signal: stop.signal };',
    instead: 'signal: stop.signal, headers: { hash } };',
    noticedBy: noticedBy('class 27'),
  },
  'obey-terminal-codes': {
    words: 'What others wrote steers the terminal that shows it.',
    file: 'apps/cli/src/print/plain.ts',
    find: "text.replace(STEERING, escaped).replaceAll('\\n', '\\n    ');",
    instead: "text.replaceAll('\\n', '\\n    ');",
    noticedBy: { file: 'apps/cli/test/print.test.ts', test: 'class 23' },
  },
} satisfies Readonly<Record<string, SourcePlant>>;
