// One calm hint: after ten messages to somebody not checked yet.
import type { Contact, LogLine } from '@kith/core/client';
import { useState } from 'react';
import { useHint } from '../../app/hints.ts';
import { useKith } from '../../app/kith.tsx';
import { namedOf } from '../../app/names.ts';
import { SETTINGS } from '../../app/settings.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

const AFTER_MESSAGES = 10;

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
    contact.state === 'active' &&
    contact.validity === 'unvalidated' &&
    contact.wordsReady &&
    mine >= AFTER_MESSAGES;
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
