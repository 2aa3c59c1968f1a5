import type { DeviceView } from '@kith/core/client';
import { useState } from 'react';
import { useAction, useKith } from '../../app/kith.tsx';
import { deviceName } from '../../app/names.ts';
import { Button } from '../../ui/button.tsx';
import { Switch } from '../../ui/field.tsx';
import { Modal } from '../../ui/modal.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

export interface Removal {
  readonly name: string;
  readonly backup: boolean;
  readonly wipe: boolean;
}

/** The second of two taps: what it means, and whether it is to forget everything. */
export function RemoveDevice({
  device,
  onClose,
  onDone,
}: {
  device: DeviceView;
  onClose: () => void;
  onDone: (removal: Removal) => void;
}) {
  const kith = useKith();
  const name = deviceName(device);
  const [wipe, setWipe] = useState(false);
  const remove = useAction(async (refuse: boolean) => {
    await kith.call('device.revoke', { device: device.device, refuse, wipe });
    onDone({ name, backup: device.backup, wipe });
  });
  return (
    <Modal title={t.devices.removeTitle(name)} onClose={onClose} question>
      <ul className="bullets">
        {(device.backup ? t.devices.backupMeans : t.devices.means).map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      {device.backup ? null : <Switch label={t.devices.wipe} hint={t.devices.wipeHint} on={wipe} onChange={setWipe} />}
      {remove.problem === null ? null : <Problem code={remove.problem} />}
      <div className="row row-end">
        <Button autoFocus onPress={onClose}>
          {t.common.cancel}
        </Button>
        {device.refusableUntil === null || device.backup ? null : (
          <Button look="bad" onPress={() => remove.run(true)} isDisabled={remove.busy}>
            {t.devices.refuseDo}
          </Button>
        )}
        <Button look="bad" onPress={() => remove.run(false)} isDisabled={remove.busy}>
          {remove.busy ? t.devices.removing : t.devices.removeDo}
        </Button>
      </div>
    </Modal>
  );
}

/** What happens after a removal, in plain words. */
export function RemovedNow({ removal }: { removal: Removal }) {
  return (
    <Note tone="good" title={t.devices.removed(removal.name)} status>
      <h2>{t.devices.nowTitle}</h2>
      <ul className="bullets">
        {removal.wipe ? <li>{t.devices.wiped}</li> : null}
        {(removal.backup ? t.devices.backupNow : t.devices.now).map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </Note>
  );
}
