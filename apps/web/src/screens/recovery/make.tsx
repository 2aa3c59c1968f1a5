import { NotebookPen } from 'lucide-react';
import { useState } from 'react';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { go } from '../../app/route.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Loaded, Page } from '../../ui/page.tsx';
import { t } from '../../words/index.ts';

/** Two places out of `of`, in their order. */
const twoPlaces = (of: number): readonly [number, number] => {
  const [a = 0, b = 0] = crypto.getRandomValues(new Uint32Array(2));
  const one = a % of;
  const other = (one + 1 + (b % (of - 1))) % of;
  return one < other ? [one, other] : [other, one];
};

function Before({ made, busy, onShow }: { made: boolean; busy: boolean; onShow: () => void }) {
  return (
    <>
      <p>{t.recovery.what}</p>
      <section className="section" aria-label={t.recovery.forTitle}>
        <h2>{t.recovery.forTitle}</h2>
        <ul className="bullets">
          {t.recovery.means.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </section>
      {made ? <Note tone="warn" title={t.recovery.beforeNew} /> : null}
      <Note>
        <p>{t.recovery.before}</p>
      </Note>
      <div className="row">
        <Button look="main" icon={NotebookPen} onPress={onShow} isDisabled={busy}>
          {busy ? t.recovery.making : t.recovery.show}
        </Button>
        <Button onPress={() => go({ at: 'safe' })}>{t.common.notNow}</Button>
      </div>
    </>
  );
}

function Shown({ words, onWritten }: { words: readonly string[]; onWritten: () => void }) {
  return (
    <>
      <div className="stack-tight">
        <p>{t.recovery.once}</p>
        <p className="soft">{t.recovery.onceLeave}</p>
      </div>
      <ol className="words words-twelve" aria-label={t.recovery.words} dir="ltr" lang="en" translate="no">
        {words.map((word, index) => (
          <li key={index}>{word}</li>
        ))}
      </ol>
      <div className="row row-end">
        <Button look="main" autoFocus onPress={onWritten}>
          {t.recovery.written}
        </Button>
      </div>
    </>
  );
}

function Checked({
  words,
  busy,
  onBack,
  onRight,
}: {
  words: readonly string[];
  busy: boolean;
  onBack: () => void;
  onRight: () => void;
}) {
  const [places] = useState(() => twoPlaces(words.length));
  const [typed, setTyped] = useState<readonly [string, string]>(['', '']);
  const [wrong, setWrong] = useState<number | null>(null);
  const check = (): void => {
    const slip = places.find((place, index) => typed[index === 0 ? 0 : 1].trim().toLowerCase() !== words[place]);
    if (slip === undefined) onRight();
    else setWrong(slip);
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        check();
      }}
    >
      <div className="stack-tight">
        <h2>{t.recovery.check}</h2>
        <p className="soft">{t.recovery.checkHint}</p>
      </div>
      {places.map((place, index) => (
        <Field
          key={place}
          label={t.recovery.nth(place + 1)}
          value={typed[index === 0 ? 0 : 1]}
          onChange={(value) => {
            setTyped(index === 0 ? [value, typed[1]] : [typed[0], value]);
            setWrong(null);
          }}
          autoFocus={index === 0}
          input={{ autoComplete: 'off', spellCheck: false }}
        />
      ))}
      {wrong === null ? null : <Note tone="warn" title={t.recovery.wrong(wrong + 1)} status />}
      <div className="row row-end">
        <Button onPress={onBack}>{t.recovery.back}</Button>
        <Button look="main" type="submit" isDisabled={busy || typed.some((word) => word.trim() === '')}>
          {t.recovery.checkDo}
        </Button>
      </div>
    </form>
  );
}

type Step = 'before' | 'shown' | 'check' | 'done';

/** The words live in this page alone: not in the history, not in what was read from the engine; leaving it forgets them. */
export function MakeWords() {
  const kith = useKith();
  const state = useQuery('recovery.state', none);
  const [words, setWords] = useState<readonly string[]>([]);
  const [step, setStep] = useState<Step>('before');
  const make = useAction(async () => {
    const made = await kith.call('recovery.create', {});
    setWords(made.words);
    setStep('shown');
  });
  const confirm = useAction(async () => {
    await kith.call('recovery.confirm', { words: words.join(' ') });
    setWords([]);
    setStep('done');
  });
  const body = (made: boolean) => {
    switch (step) {
      case 'before':
        return <Before made={made} busy={make.busy} onShow={() => make.run()} />;
      case 'shown':
        return <Shown words={words} onWritten={() => setStep('check')} />;
      case 'check':
        return (
          <Checked words={words} busy={confirm.busy} onBack={() => setStep('shown')} onRight={() => confirm.run()} />
        );
      case 'done':
        return (
          <>
            <Note tone="good" title={t.recovery.done} status>
              <ul className="bullets">
                {t.recovery.doneNext.map((point) => (
                  <li key={point}>{point}</li>
                ))}
              </ul>
            </Note>
            <div>
              <Button look="main" autoFocus onPress={() => go({ at: 'safe' }, 'replace')}>
                {t.recovery.toSafe}
              </Button>
            </div>
          </>
        );
    }
  };
  return (
    <Page title={t.recovery.title} narrow>
      <Loaded query={state}>{({ made }) => body(made)}</Loaded>
      {make.problem === null ? null : <Problem code={make.problem} />}
      {confirm.problem === null ? null : <Problem code={confirm.problem} />}
    </Page>
  );
}
