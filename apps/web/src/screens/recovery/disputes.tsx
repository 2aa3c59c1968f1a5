import type { RecoveryState } from '@kith/core/client';
import { useState } from 'react';
import { announce } from '../../app/announce.tsx';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { plainName } from '../../app/names.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Modal } from '../../ui/modal.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';
import { WordsField } from './words-field.tsx';

interface Named {
  readonly device: string;
  readonly name: string;
}

function Decide({ device: { device, name }, onClose }: { device: Named; onClose: () => void }) {
  const kith = useKith();
  const [words, setWords] = useState('');
  const remove = useAction(async () => {
    await kith.call('device.revoke', { device, words: words.trim() });
    announce(t.recovery.decided(name));
    onClose();
  });
  return (
    <Modal title={t.recovery.decideTitle(name)} onClose={onClose} question>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          remove.run();
        }}
      >
        <p>{t.recovery.decideMeans}</p>
        <WordsField value={words} onChange={setWords} />
        {remove.problem === null ? null : <Problem code={remove.problem} />}
        <div className="row row-end">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="bad" type="submit" isDisabled={remove.busy || words.trim() === ''}>
            {t.recovery.decideDo}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Contested({ contested }: { contested: RecoveryState['contested'] }) {
  const [devices] = useQuery('device.list', none);
  const [deciding, setDeciding] = useState<Named | null>(null);
  const ids = new Set(contested.map(({ device }) => device));
  // A device does not remove itself; the other one is what is decided about.
  const others =
    devices.status === 'ready' ? devices.value.filter((one) => ids.has(one.device) && !one.thisDevice) : [];
  return (
    <>
      <Note tone="bad" title={t.recovery.disputed}>
        <p>{t.recovery.disputedMeans}</p>
        <p>{t.recovery.disputedNext}</p>
        <div className="row">
          {others.map((one) => (
            <Button key={one.device} look="bad" onPress={() => setDeciding({ ...one, name: plainName(one.name) })}>
              {t.recovery.decide(plainName(one.name))}
            </Button>
          ))}
        </div>
      </Note>
      {deciding === null ? null : <Decide device={deciding} onClose={() => setDeciding(null)} />}
    </>
  );
}

function Foreign({ from }: { from: number | null }) {
  const kith = useKith();
  const refuse = useAction(async () => {
    await kith.call('recovery.refuse', {});
    announce(t.recovery.refused);
  });
  return (
    <Note tone="bad" title={t.recovery.waiting}>
      <p>{from === null ? t.recovery.waitingUnseen : t.recovery.waitingFrom(date(from))}</p>
      <p>{t.recovery.waitingNext}</p>
      <div>
        <Button look="bad" onPress={() => refuse.run()} isDisabled={refuse.busy}>
          {t.recovery.refuse}
        </Button>
      </div>
      {refuse.problem === null ? null : <Problem code={refuse.problem} />}
    </Note>
  );
}

/** Devices that removed each other, and words that this person's devices do not know of; nothing when there are none. */
export function Disputes() {
  const [read] = useQuery('recovery.state', none);
  if (read.status !== 'ready') return null;
  const { contested, waiting } = read.value;
  const foreign = waiting.filter(({ ours }) => !ours);
  const dates = foreign.flatMap(({ from }) => from ?? []);
  return (
    <>
      {contested.length === 0 ? null : <Contested contested={contested} />}
      {foreign.length === 0 ? null : <Foreign from={dates.length === 0 ? null : Math.min(...dates)} />}
    </>
  );
}
