import { useState } from 'react';
import { announce } from '../app/announce.tsx';
import { useKith, usePlatform } from '../app/kith.tsx';
import { go } from '../app/route.ts';
import { SETTINGS } from '../app/settings.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Modal } from '../ui/modal.tsx';
import { Note } from '../ui/note.tsx';
import { t } from '../words/index.ts';
import { Failed, files, useFileWork } from './file-work.tsx';

const secret = (autoComplete: string) => ({ type: 'password', autoComplete, spellCheck: false }) as const;

export function SaveBackup({ onClose }: { onClose: () => void }) {
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
      // Who has one needs nobody to suggest it.
      await kith.call('set', { key: SETTINGS.hintBackup, value: 'off' }).catch(() => undefined);
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

export function Restore({ file, onClose }: { file: File; onClose: () => void }) {
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
