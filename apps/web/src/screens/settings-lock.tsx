import { Lock as LockIcon } from 'lucide-react';
import { useState } from 'react';
import { announce } from '../app/announce.tsx';
import { useAction, useKith } from '../app/kith.tsx';
import { useLock } from '../app/lock.ts';
import { Button } from '../ui/button.tsx';
import { Choices, Field } from '../ui/field.tsx';
import { Modal } from '../ui/modal.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { t } from '../words/index.ts';

const TIMES = ['off', '1m', '5m', '15m', '1h'] as const;
type Task = 'set' | 'change' | 'remove' | 'duress' | 'noDuress';

/** One form for everything about the passphrase: what it is now, what it is to be, and what that means. */
function Passphrase({ task, onClose }: { task: Task; onClose: () => void }) {
  const kith = useKith();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const asksCurrent = task !== 'set';
  const asksNext = task !== 'remove' && task !== 'noDuress';
  const words = t.lock.tasks[task];
  const differ = asksNext && again !== '' && next !== again;
  const act = useAction(async () => {
    const wanted = asksNext ? next : null;
    if (task === 'duress' || task === 'noDuress') await kith.call('lock.duress', { passphrase: current, next: wanted });
    else await kith.call('lock.set', { ...(asksCurrent ? { passphrase: current } : {}), next: wanted });
    announce(t.common.saved);
    onClose();
  });
  const secret = (autoComplete: string) => ({ type: 'password', autoComplete, spellCheck: false }) as const;
  return (
    <Modal title={words.title} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!differ && !act.busy) act.run();
        }}
      >
        <p>{words.body}</p>
        {asksCurrent ? (
          <Field
            label={t.lock.current}
            value={current}
            onChange={setCurrent}
            autoFocus
            input={secret('current-password')}
          />
        ) : null}
        {asksNext ? (
          <>
            <Field
              label={task === 'duress' ? t.lock.duress : t.lock.next}
              hint={t.lock.nextHint}
              value={next}
              onChange={setNext}
              autoFocus={!asksCurrent}
              input={secret('new-password')}
            />
            <Field label={t.lock.again} value={again} onChange={setAgain} input={secret('new-password')} />
          </>
        ) : null}
        {differ ? <Note tone="warn" title={t.lock.differ} status /> : null}
        {act.problem === null ? null : <Problem code={act.problem} />}
        <div className="row row-end">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button
            look="main"
            type="submit"
            isDisabled={act.busy || (asksCurrent && current === '') || (asksNext && (next === '' || next !== again))}
          >
            {act.busy ? t.lock.working : words.yes}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

export function LockSettings({ after, putAfter }: { after: string; putAfter: (value: string) => void }) {
  const kith = useKith();
  const [state, read] = useLock(kith);
  const [task, setTask] = useState<Task | null>(null);
  const lock = useAction(async () => void (await kith.call('lock.now', {})));
  const close = (): void => {
    setTask(null);
    read();
  };
  const form = task === null ? null : <Passphrase task={task} onClose={close} />;
  if (state === null) return null;
  if (!state.passphrase) {
    return (
      <>
        <Note tone="warn" title={t.lock.none}>
          {t.lock.noneMeans.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </Note>
        <div>
          <Button onPress={() => setTask('set')}>{t.lock.tasks.set.title}</Button>
        </div>
        {form}
      </>
    );
  }
  const known = TIMES.find((time) => time === after);
  return (
    <>
      <p>{t.lock.means}</p>
      <div>
        <Button icon={LockIcon} onPress={() => lock.run()}>
          {t.lock.now}
        </Button>
      </div>
      <Choices
        label={t.lock.after}
        value={after}
        onChange={putAfter}
        choices={[
          ...TIMES.map((time) => ({ value: time as string, label: t.lock.times[time] })),
          ...(known === undefined && after !== '' ? [{ value: after, label: after }] : []),
        ]}
      />
      <div className="row">
        <Button onPress={() => setTask('change')}>{t.lock.tasks.change.title}</Button>
        <Button onPress={() => setTask('remove')}>{t.lock.tasks.remove.title}</Button>
      </div>
      <p className="hint">{t.lock.duressHint}</p>
      <div className="row">
        <Button onPress={() => setTask('duress')}>{t.lock.tasks.duress.title}</Button>
        <Button onPress={() => setTask('noDuress')}>{t.lock.tasks.noDuress.title}</Button>
      </div>
      {lock.problem === null ? null : <Problem code={lock.problem} />}
      {form}
    </>
  );
}
