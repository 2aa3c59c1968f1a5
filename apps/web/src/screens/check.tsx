import type { Contact } from '@kith/core/client';
import { ScanLine } from 'lucide-react';
import { useState } from 'react';
import { announce } from '../app/announce.tsx';
import { useAction, useKith, useQuery } from '../app/kith.tsx';
import { namedOf } from '../app/names.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Field } from '../ui/field.tsx';
import { Modal, Question } from '../ui/modal.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { Loaded } from '../ui/page.tsx';
import { Qr } from '../ui/qr.tsx';
import { Scanner } from '../ui/scanner.tsx';
import { t } from '../words/index.ts';

interface Props {
  readonly contact: Contact;
  readonly onClose: () => void;
}

export function Check({ contact, onClose }: Props) {
  const kith = useKith();
  const { conversation } = contact;
  const name = namedOf(contact);
  const words = useQuery('contact.words', { conversation });
  const code = useQuery('contact.checkCode', { conversation });
  const [scanning, setScanning] = useState(false);
  const [pasted, setPasted] = useState('');
  const [scanned, setScanned] = useState<'match' | 'noMatch' | null>(null);
  const [stopping, setStopping] = useState(false);

  const mark = useAction(async (validity: Contact['validity']) => {
    await kith.call('contact.mark', { conversation, validity });
    if (validity === 'validated') announce(t.check.done(name));
    onClose();
  });
  const compare = useAction(async (text: string) => {
    setScanning(false);
    const { match } = await kith.call('contact.checkScan', { conversation, code: text.trim() });
    setScanned(match ? 'match' : 'noMatch');
    // A matching code was read from the other person's own screen: that is the check.
    if (match) await kith.call('contact.mark', { conversation, validity: 'validated' });
  });

  if (stopping) {
    return (
      <Question
        title={t.check.stopTitle}
        body={t.check.stopBody(name)}
        yes={t.check.stopDo}
        no={t.check.stopNot}
        onYes={() => mark.run('compromised')}
        onNo={() => setStopping(false)}
      />
    );
  }
  const notReady = words[0].status === 'failed' && words[0].problem === 'words-not-ready';
  return (
    <Modal title={t.check.title(name)} onClose={onClose}>
      <p className="pill-line">
        <strong>{t.validity[contact.validity]}.</strong> {t.validity.explain[contact.validity](name)}
      </p>
      {notReady ? (
        <Note title={t.check.notReady} />
      ) : (
        <>
          <p>{t.check.intro}</p>
          {scanning ? (
            <Scanner onCode={(text) => compare.run(text)} />
          ) : (
            <Loaded query={code}>{({ code: text }) => <Qr text={text} label={t.check.qrLabel} />}</Loaded>
          )}
          {scanned === 'match' ? <Note tone="good" title={t.check.scanMatch} status /> : null}
          {scanned === 'noMatch' ? <Note tone="bad" title={t.check.scanNoMatch} status /> : null}
          <div className="row">
            <Button icon={ScanLine} wide onPress={() => setScanning(!scanning)}>
              {scanning ? t.add.cameraStop : t.check.scan}
            </Button>
          </div>
          <Loaded query={words}>
            {({ words: list }) => (
              <ol className="words" aria-label={t.check.words} dir="ltr">
                {list.map((word, index) => (
                  <li key={index}>{word}</li>
                ))}
              </ol>
            )}
          </Loaded>
          <div className="row row-end">
            <Button onPress={() => setStopping(true)}>{t.check.noMatch}</Button>
            <Button
              look="main"
              onPress={() => mark.run('validated')}
              isDisabled={mark.busy || words[0].status !== 'ready'}
            >
              {t.check.match}
            </Button>
          </div>
          <details className="disclosure">
            <summary>{t.check.pasteCode}</summary>
            <div className="disclosure-body stack">
              <Field label={t.check.pasteCode} value={pasted} onChange={setPasted} />
              <div className="row">
                <Button onPress={() => compare.run(pasted)} isDisabled={pasted.trim() === ''}>
                  {t.check.pasteDo}
                </Button>
                {code[0].status === 'ready' ? <CopyButton text={code[0].value.code} label={t.check.copyCode} /> : null}
              </div>
            </div>
          </details>
        </>
      )}
      {mark.problem === null ? null : <Problem code={mark.problem} />}
      {compare.problem === null ? null : <Problem code={compare.problem} />}
    </Modal>
  );
}
