// One calm hint: after ten messages to somebody not checked yet. At most one a day, none in the first minute, and what
// was put away stays away on all devices (it is a setting).
import type { Contact, LogLine } from '@kith/core/client';
import { useEffect, useRef, useState } from 'react';
import { useKith } from '../../app/kith.tsx';
import { namedOf } from '../../app/names.ts';
import { SETTINGS, useSettings } from '../../app/settings.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

const AFTER_MESSAGES = 10;
const FIRST_MINUTE_MS = 60_000;
const opened = performance.now();

const today = (): string => new Date().toISOString().slice(0, 10);

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
  const settings = useSettings();
  const [late, setLate] = useState(performance.now() - opened >= FIRST_MINUTE_MS);
  const shownHere = useRef(false);
  const [gone, setGone] = useState(false);
  useEffect(() => {
    if (late) return;
    const timer = setTimeout(() => setLate(true), FIRST_MINUTE_MS - (performance.now() - opened));
    return () => clearTimeout(timer);
  }, [late]);

  const mine = lines.filter((line) => line.mine && line.kind === 'text').length;
  const due =
    late &&
    contact.state === 'active' &&
    contact.validity === 'unvalidated' &&
    contact.wordsReady &&
    mine >= AFTER_MESSAGES;
  const allowed =
    settings !== null &&
    settings.get(SETTINGS.hints) !== 'off' &&
    (settings.get(SETTINGS.hintCheck) ?? '') !== 'off' &&
    (shownHere.current || settings.get(SETTINGS.hintDay) !== today());
  const show = due && allowed && !gone;
  useEffect(() => {
    if (!show || shownHere.current) return;
    shownHere.current = true;
    void kith.call('set', { key: SETTINGS.hintDay, value: today() }).catch(() => undefined);
  }, [show, kith]);

  if (!show) return null;
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
