import { Download, FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { announce } from '../app/announce.tsx';
import { useKith, usePlatform } from '../app/kith.tsx';
import { problemOf, type ProblemCode } from '../app/problem.ts';
import { go } from '../app/route.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Modal } from '../ui/modal.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { t } from '../words/index.ts';

const files = () => import('../app/files.ts');

interface Failure {
  readonly code: ProblemCode;
  readonly line: number | null;
}
/** Does a long work with a file; says how far it is, and what was wrong with which line. */
function useFileWork(): {
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
function Failed({ failure }: { failure: Failure | null }) {
  if (failure === null) return null;
  return (
    <>
      <Problem code={failure.code} />
      {failure.line === null ? null : <p>{t.backup.line(failure.line)}</p>}
    </>
  );
}
const secret = (autoComplete: string) => ({ type: 'password', autoComplete, spellCheck: false }) as const;

function SaveBackup({ onClose }: { onClose: () => void }) {
  const kith = useKith();
  const platform = usePlatform();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const work = useFileWork();
  const differ = again !== '' && again !== passphrase;
  const save = (): void =>
    work.run(async (said) => {
      const { saveBackup } = await files();
      await saveBackup(kith, passphrase, platform.derive, (done) => said(t.backup.mib(done)));
      announce(t.backup.saved);
      onClose();
    });
  return (
    <Modal title={t.backup.save} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!differ && !work.busy) save();
        }}
      >
        <p>{t.backup.saveBody}</p>
        <Field
          label={t.backup.passphrase}
          hint={t.lock.nextHint}
          value={passphrase}
          onChange={setPassphrase}
          autoFocus
          input={secret('new-password')}
        />
        <Field label={t.lock.again} value={again} onChange={setAgain} input={secret('new-password')} />
        {differ ? <Note tone="warn" title={t.lock.differ} status /> : null}
        <Failed failure={work.failure} />
        <p role="status">{work.busy ? work.progress || t.lock.working : ''}</p>
        <div className="row row-end">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="main" type="submit" isDisabled={work.busy || passphrase === '' || passphrase !== again}>
            {t.backup.saveDo}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Restore({ file, onClose }: { file: File; onClose: () => void }) {
  const kith = useKith();
  const platform = usePlatform();
  const [passphrase, setPassphrase] = useState('');
  const work = useFileWork();
  const restore = (): void =>
    work.run(async (said) => {
      const { restoreFrom } = await files();
      const { conversations } = await restoreFrom(kith, file, passphrase, platform.derive, (done) =>
        said(t.backup.mib(done)),
      );
      announce(t.backup.restored(conversations.length));
      onClose();
      go({ at: 'list' });
    });
  return (
    <Modal title={t.backup.restore} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!work.busy) restore();
        }}
      >
        <p>{t.backup.restoreBody}</p>
        <Field
          label={t.backup.passphrase}
          value={passphrase}
          onChange={setPassphrase}
          autoFocus
          input={secret('current-password')}
        />
        <Failed failure={work.failure} />
        <p role="status">{work.busy ? work.progress || t.lock.working : ''}</p>
        <div className="row row-end">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="main" type="submit" isDisabled={work.busy || passphrase === ''}>
            {t.backup.restoreDo}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** One way in for every file: a backup asks for its passphrase, an export becomes conversations to read. */
export function OpenFile({ label, link = false }: { label: string; link?: boolean }) {
  const kith = useKith();
  const input = useRef<HTMLInputElement>(null);
  const [backup, setBackup] = useState<File | null>(null);
  const [done, setDone] = useState<{ readonly added: number; readonly lines: number } | null>(null);
  const work = useFileWork();
  const choose = (file: File): void =>
    work.run(async (said) => {
      setDone(null);
      const { isBackupFile, importFrom } = await files();
      if (await isBackupFile(file)) setBackup(file);
      else setDone(await importFrom(kith, file, (lines) => said(t.backup.lines(lines))));
    });
  return (
    <>
      <div>
        <Button
          {...(link ? { look: 'link' as const } : { icon: FileUp })}
          onPress={() => input.current?.click()}
          isDisabled={work.busy}
        >
          {label}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          aria-label={label}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file !== undefined) choose(file);
            event.target.value = '';
          }}
        />
      </div>
      {work.busy ? <p role="status">{work.progress || t.lock.working}</p> : null}
      <Failed failure={work.failure} />
      {done === null ? null : (
        <Note tone="good" title={t.backup.imported(done.added, done.lines)} status>
          <p>{t.backup.notProof}</p>
        </Note>
      )}
      {backup === null ? null : <Restore file={backup} onClose={() => setBackup(null)} />}
    </>
  );
}

/** For reading, by people and programs. `conversation`: null for all. */
export function ExportTo({ conversation }: { conversation: string | null }) {
  const kith = useKith();
  const work = useFileWork();
  const save = (format: 'jsonl' | 'html'): void =>
    work.run(async (said) => {
      const { saveExport } = await files();
      await saveExport(kith, conversation, format, (events) => said(t.backup.lines(events)));
      announce(t.backup.saved);
    });
  return (
    <>
      <div className="row">
        <Button icon={Download} onPress={() => save('html')} isDisabled={work.busy}>
          {t.backup.html}
        </Button>
        <Button icon={Download} onPress={() => save('jsonl')} isDisabled={work.busy}>
          {t.backup.jsonl}
        </Button>
      </div>
      <p className="hint">{t.backup.exportHint}</p>
      {work.busy ? <p role="status">{work.progress}</p> : null}
      <Failed failure={work.failure} />
    </>
  );
}

export function Backup() {
  const [saving, setSaving] = useState(false);
  return (
    <>
      <p>{t.backup.means}</p>
      <div>
        <Button icon={Download} onPress={() => setSaving(true)}>
          {t.backup.save}
        </Button>
      </div>
      <OpenFile label={t.backup.open} />
      <p className="hint">{t.backup.openHint}</p>
      <h3>{t.backup.exportAll}</h3>
      <ExportTo conversation={null} />
      {saving ? <SaveBackup onClose={() => setSaving(false)} /> : null}
    </>
  );
}
