// The one polite live region: what arrives is said here, and nowhere else. Rows that mount while one scrolls say nothing.
import { useEffect, useState } from 'react';
import { t } from '../words/index.ts';

/** At most one sentence in this time; what comes together is counted. */
const PAUSE_MS = 2_000;
const MANY = 3;

type Say = (sentence: string) => void;
let say: Say | null = null;

/** Says a sentence to people who use a screen reader. */
export function announce(sentence: string): void {
  say?.(sentence);
}

export function Announcer() {
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    const waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const next = (): void => {
      timer = null;
      // What was said is not left lying there: it may be changed or deleted a moment later.
      if (waiting.length === 0) return setSentence('');
      setSentence(waiting.length > MANY ? t.live.many(waiting.length) : waiting.join('\n'));
      waiting.length = 0;
      timer = setTimeout(next, PAUSE_MS);
    };
    say = (text) => {
      waiting.push(text);
      if (timer === null) next();
    };
    return () => {
      say = null;
      if (timer !== null) clearTimeout(timer);
    };
  }, []);
  return (
    <div className="hidden-text" aria-live="polite" data-testid="announcer">
      {sentence}
    </div>
  );
}
