import type { RecoveryState } from '@kith/core/client';
import { NotebookPen } from 'lucide-react';
import { useState } from 'react';
import { announce } from '../../app/announce.tsx';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { go } from '../../app/route.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Loaded } from '../../ui/page.tsx';
import { t } from '../../words/index.ts';
import { Disputes } from './disputes.tsx';
import { WordsField } from './words-field.tsx';

/** So many further conversations may begin before the words are asked for again. */
const FEW = 8;

function Again() {
  const kith = useKith();
  const [asks, setAsks] = useState(false);
  const [words, setWords] = useState('');
  const more = useAction(async () => {
    await kith.call('recovery.create', { words: words.trim() });
    setWords('');
    setAsks(false);
    announce(t.recovery.fewDone);
  });
  return (
    <Note tone="warn" title={t.recovery.few}>
      {asks ? (
        <form
          className="stack-tight"
          onSubmit={(event) => {
            event.preventDefault();
            more.run();
          }}
        >
          <WordsField value={words} onChange={setWords} />
          <div>
            <Button type="submit" isDisabled={more.busy || words.trim() === ''}>
              {t.recovery.fewDo}
            </Button>
          </div>
          {more.problem === null ? null : <Problem code={more.problem} />}
        </form>
      ) : (
        <div>
          <Button onPress={() => setAsks(true)}>{t.recovery.fewDo}</Button>
        </div>
      )}
    </Note>
  );
}

function Good({ state: { ready, without, keysLeft }, madeAt }: { state: RecoveryState; madeAt: number }) {
  return (
    <>
      <Note tone="good" title={t.recovery.made(date(madeAt))}>
        <p>{without === 0 ? t.recovery.goodAll : t.recovery.goodSome(ready, ready + without)}</p>
      </Note>
      {keysLeft < FEW ? <Again /> : null}
    </>
  );
}

/** What there is of recovery words, and the way to make them. */
export function RecoveryWords() {
  const state = useQuery('recovery.state', none);
  return (
    <>
      <p>{t.recovery.what}</p>
      <Loaded query={state}>
        {(known) => (
          <>
            {known.madeAt === null ? <p>{t.recovery.notMade}</p> : <Good state={known} madeAt={known.madeAt} />}
            <Disputes />
            <div className="row">
              <Button icon={NotebookPen} onPress={() => go({ at: 'recovery', mode: 'make' })}>
                {known.made ? t.recovery.makeNew : t.recovery.make}
              </Button>
              <Button onPress={() => go({ at: 'recovery', mode: 'use' })}>{t.recovery.useTitle}</Button>
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}
