import { Download, FileUp } from 'lucide-react';
import { lazy, Suspense, useRef, useState } from 'react';
import { announce } from '../app/announce.tsx';
import { useKith } from '../app/kith.tsx';
import { Button } from '../ui/button.tsx';
import { Note } from '../ui/note.tsx';
import { t } from '../words/index.ts';
import { Failed, files, useFileWork } from './file-work.tsx';

// The first screen offers to open a file; the dialogs come when one is chosen.
const Restore = lazy(async () => ({ default: (await import('./backup-dialogs.tsx')).Restore }));
const SaveBackup = lazy(async () => ({ default: (await import('./backup-dialogs.tsx')).SaveBackup }));

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
      <Suspense fallback={null}>
        {backup === null ? null : <Restore file={backup} onClose={() => setBackup(null)} />}
      </Suspense>
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

/** The way to save one. */
export function BackupFile() {
  const [saving, setSaving] = useState(false);
  return (
    <>
      <p>{t.backup.means}</p>
      <div>
        <Button icon={Download} onPress={() => setSaving(true)}>
          {t.backup.save}
        </Button>
      </div>
      <Suspense fallback={null}>{saving ? <SaveBackup onClose={() => setSaving(false)} /> : null}</Suspense>
    </>
  );
}

export function Backup() {
  return (
    <>
      <BackupFile />
      <OpenFile label={t.backup.open} />
      <p className="hint">{t.backup.openHint}</p>
      <h3>{t.backup.exportAll}</h3>
      <ExportTo conversation={null} />
    </>
  );
}
