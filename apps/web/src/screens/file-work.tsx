import { useState } from 'react';
import { problemOf, type ProblemCode } from '../app/problem.ts';
import { Problem } from '../ui/note.tsx';
import { t } from '../words/index.ts';

/** What reads and writes files comes with the first of them. */
export const files = () => import('../app/files.ts');

interface Failure {
  readonly code: ProblemCode;
  readonly line: number | null;
}
/** Does a long work with a file; says how far it is, and what was wrong with which line. */
export function useFileWork(): {
  readonly run: (work: (said: (words: string) => void) => Promise<void>) => void;
  readonly busy: boolean;
  readonly progress: string;
  readonly failure: Failure | null;
} {
  const [busy, setBusy] = useState(false);
  const [progress, setProgress] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = (work: (said: (words: string) => void) => Promise<void>): void => {
    setBusy(true);
    setFailure(null);
    setProgress('');
    const failed = async (error: unknown): Promise<void> =>
      setFailure({ code: problemOf(error), line: (await files()).lineOf(error) });
    work(setProgress)
      .catch(failed)
      .finally(() => setBusy(false));
  };
  return { run, busy, progress, failure };
}
export function Failed({ failure }: { failure: Failure | null }) {
  if (failure === null) return null;
  return (
    <>
      <Problem code={failure.code} />
      {failure.line === null ? null : <p>{t.backup.line(failure.line)}</p>}
    </>
  );
}
