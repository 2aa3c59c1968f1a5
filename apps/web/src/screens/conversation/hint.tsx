// One calm hint: after ten messages to somebody not checked yet.
import type { Contact, LogLine } from '@kith/core/client';
import { useState } from 'react';
import { useHint } from '../../app/hints.ts';
import { useKith, useQuery } from '../../app/kith.tsx';
import { namedOf } from '../../app/names.ts';
import { SETTINGS, useSettings } from '../../app/settings.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

const AFTER_MESSAGES = 10;

/** Said once, and only of somebody who was not checked: a checked person's device vouches for the next one. */
export function NewDeviceHint({ contact }: { contact: Contact }) {
  const kith = useKith();
  const [read] = useQuery('contact.devices', { conversation: contact.conversation });
  const notes = useSettings();
  const newest = read.status === 'ready' ? read.value.findLast(({ later, removed }) => later && !removed) : undefined;
  if (newest === undefined || notes === null || contact.state !== 'active' || contact.validity !== 'unvalidated')
    return null;
  const key = `hint.device.${contact.conversation.slice(0, 16)}.${newest.device}`;
  if (notes.get(key) === 'off') return null;
  const title = t.devices.newTitle(namedOf(contact));
  return (
    <aside className="closed" aria-label={title} data-testid="new-device">
      <Note title={title}>
        <p>{t.devices.newBody}</p>
        <Button onPress={() => void kith.call('set', { key, value: 'off' }).catch(() => undefined)}>
          {t.common.close}
        </Button>
      </Note>
    </aside>
  );
}

export function CheckHint({
  contact,
  lines,
  onCheck,
}: {
  contact: Contact;
  lines: readonly LogLine[];
  onCheck: () => void;
}) {
  const kith = useKith();
  const [gone, setGone] = useState(false);
  const mine = lines.filter((line) => line.mine && line.kind === 'text').length;
  const due =
    contact.state === 'active' && contact.validity === 'unvalidated' && contact.wordsReady && mine >= AFTER_MESSAGES;
  const show = useHint('hintCheck', due);

  if (!show || gone) return null;
  return (
    <aside className="closed" aria-label={t.conversation.hintTitle(namedOf(contact))} data-testid="hint">
      <Note title={t.conversation.hintTitle(namedOf(contact))}>
        <p>{t.conversation.hintBody}</p>
        <div className="row">
          <Button
            onPress={() => {
              setGone(true);
              onCheck();
            }}
          >
            {t.conversation.hintDo}
          </Button>
          <Button look="plain" onPress={() => setGone(true)}>
            {t.common.notNow}
          </Button>
          <Button
            look="plain"
            onPress={() => void kith.call('set', { key: SETTINGS.hintCheck, value: 'off' }).catch(() => undefined)}
          >
            {t.conversation.hintNever}
          </Button>
        </div>
      </Note>
    </aside>
  );
}
