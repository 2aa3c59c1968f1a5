import { LockOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { showUnread } from '../app/badge.ts';
import { useAction, useKith, useNow } from '../app/kith.tsx';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/drawing.tsx';
import { Field } from '../ui/field.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { t } from '../words/index.ts';

/** All there is while Kith is locked: it says nothing of what lies behind it. */
export function Locked({ waitUntil, again }: { waitUntil: number | null; again: () => void }) {
  const kith = useKith();
  const [typed, setTyped] = useState('');
  const now = useNow(500, waitUntil !== null);
  const seconds = waitUntil === null ? 0 : Math.max(0, Math.ceil((waitUntil - now) / 1_000));
  useEffect(() => showUnread(0), []);
  const unlock = useAction(async () => {
    try {
      await kith.call('lock.unlock', { passphrase: typed });
    } finally {
      setTyped('');
      again();
    }
  });
  const problem = unlock.problem === 'too-many-tries' ? null : unlock.problem;
  return (
    <main className="welcome" id="main" tabIndex={-1}>
      <div className="welcome-body">
        <div className="welcome-head">
          <Mark />
          <h1>{t.lock.title}</h1>
          <p className="soft">{t.lock.intro}</p>
        </div>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed !== '' && seconds === 0 && !unlock.busy) unlock.run();
          }}
        >
          <Field
            label={t.lock.passphrase}
            value={typed}
            onChange={setTyped}
            autoFocus
            input={{ type: 'password', autoComplete: 'current-password', spellCheck: false }}
          />
          <Button look="main" icon={LockOpen} wide type="submit" isDisabled={seconds > 0 || unlock.busy}>
            {unlock.busy ? t.lock.unlocking : t.lock.unlock}
          </Button>
        </form>
        {problem === null ? null : <Problem code={problem} />}
        {seconds === 0 ? null : (
          <Note tone="warn" title={t.errors['too-many-tries'].message} status>
            <p>{t.lock.wait(seconds)}</p>
          </Note>
        )}
      </div>
    </main>
  );
}
