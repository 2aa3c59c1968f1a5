import type { Contact } from '@kith/core/client';
import { Ban, DoorOpen, OctagonX, Trash2, X } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useAction, useKith } from '../app/kith.tsx';
import { namedOf, nameOf } from '../app/names.ts';
import { go, goToList } from '../app/route.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Question } from '../ui/modal.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { t } from '../words/index.ts';
import { validityIcons } from '../ui/validity.ts';
import { ContextOf } from './contexts/details.tsx';
import { TheirDevices } from './details-devices.tsx';
import { Preferences } from './details-preferences.tsx';
import { InviteBack } from './recovery/invite-back.tsx';
import { SamePerson } from './recovery/same-person.tsx';
import { ExportTo } from './settings-backup.tsx';

const Check = lazy(async () => ({ default: (await import('./check.tsx')).Check }));

const noteTones = { unvalidated: 'calm', validated: 'good', compromised: 'bad' } as const;

export function Details({ contact }: { contact: Contact }) {
  const kith = useKith();
  const { conversation } = contact;
  const name = nameOf(contact);
  const [mine, setMine] = useState(contact.nameFrom === 'me' ? contact.name : '');
  const [asking, setAsking] = useState<'block' | 'end' | 'check' | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const act = useAction(async (work: () => Promise<unknown>) => {
    setAsking(null);
    await work();
  });
  const close = (): void => go({ at: 'conversation', conversation });
  const rename = (): void => {
    const wanted = mine.trim();
    if (wanted !== (contact.nameFrom === 'me' ? contact.name : ''))
      act.run(() => kith.call('contact.rename', { conversation, name: wanted }));
  };
  const mark = (validity: Contact['validity']): void =>
    act.run(() => kith.call('contact.mark', { conversation, validity }));
  return (
    <aside
      className="pane pane-details"
      aria-label={t.details.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="bar bar-edge">
        <div className="bar-title">
          <h2 ref={heading} tabIndex={-1}>
            {t.details.title}
          </h2>
        </div>
        <Button look="icon" icon={X} onPress={close} aria-label={t.common.close} />
      </header>
      <div className="page">
        <div className="page-body">
          <div className="row">
            <Avatar name={name} picture={contact.picture} large />
            <div className="grow">
              <p className="note-title" dir="auto">
                {name}
              </p>
              {contact.nameFrom === 'them' ? <p className="hint">{t.details.theirs}</p> : null}
              {contact.nameFrom === 'label' && !contact.imported ? (
                <p className="hint">{t.details.invitation}</p>
              ) : null}
            </div>
          </div>
          {act.problem === null ? null : <Problem code={act.problem} />}
          {contact.imported ? (
            <Note title={t.conversation.importedNote} />
          ) : (
            <>
              <form
                onSubmit={(event) => {
                  event.preventDefault();
                  rename();
                }}
              >
                <Field
                  label={t.details.name}
                  hint={t.details.nameHint}
                  value={mine}
                  onChange={setMine}
                  onBlur={rename}
                  maxLength={64}
                />
              </form>
              <section className="section">
                <h3>{t.details.validity}</h3>
                <Note tone={noteTones[contact.validity]} title={t.validity[contact.validity]}>
                  <p>{t.validity.explain[contact.validity](namedOf(contact))}</p>
                </Note>
                <Button icon={validityIcons['unvalidated']} onPress={() => setAsking('check')}>
                  {t.details.check}
                </Button>
                {contact.validity === 'validated' ? (
                  <Button onPress={() => mark('unvalidated')}>{t.details.uncheck}</Button>
                ) : null}
                {contact.validity === 'compromised' ? (
                  <Button onPress={() => mark('unvalidated')}>{t.details.unstop}</Button>
                ) : (
                  <>
                    <Button look="bad" icon={OctagonX} onPress={() => mark('compromised')}>
                      {t.details.stop}
                    </Button>
                    <p className="hint">{t.details.stopHint}</p>
                  </>
                )}
              </section>
              <ContextOf contact={contact} />
              <TheirDevices conversation={conversation} name={namedOf(contact)} />
              <Preferences contact={contact} />
              <SamePerson contact={contact} />
              {contact.state === 'active' ? <InviteBack contact={contact} /> : null}
            </>
          )}
          <section className="section">
            <h3>{t.backup.exportOne}</h3>
            <ExportTo conversation={conversation} />
            {contact.imported ? (
              <>
                <Button
                  look="bad"
                  icon={Trash2}
                  onPress={() =>
                    act.run(async () => {
                      goToList();
                      await kith.call('import.remove', { conversation });
                    })
                  }
                >
                  {t.backup.remove}
                </Button>
                <p className="hint">{t.backup.removeHint}</p>
              </>
            ) : null}
          </section>
          {contact.imported ? null : (
            <section className="section">
              {contact.state === 'blocked' ? (
                <Button icon={Ban} onPress={() => act.run(() => kith.call('contact.unblock', { conversation }))}>
                  {t.details.unblock}
                </Button>
              ) : (
                <>
                  <Button icon={Ban} onPress={() => setAsking('block')}>
                    {t.details.block}
                  </Button>
                  <p className="hint">{t.details.blockHint}</p>
                </>
              )}
              {contact.state === 'ended' ? null : (
                <>
                  <Button icon={DoorOpen} onPress={() => setAsking('end')}>
                    {t.details.end}
                  </Button>
                  <p className="hint">{t.details.endHint}</p>
                </>
              )}
            </section>
          )}
        </div>
      </div>
      {asking === 'block' ? (
        <Question
          title={t.details.blockTitle(namedOf(contact))}
          body={t.details.blockHint}
          yes={t.details.blockDo}
          onNo={() => setAsking(null)}
          onYes={() => act.run(() => kith.call('contact.block', { conversation }))}
        />
      ) : null}
      {asking === 'end' ? (
        <Question
          title={t.details.endTitle(namedOf(contact))}
          body={t.details.endHint}
          yes={t.details.endDo}
          onNo={() => setAsking(null)}
          onYes={() => act.run(() => kith.call('contact.end', { conversation }))}
        />
      ) : null}
      {asking === 'check' ? (
        <Suspense>
          <Check contact={contact} onClose={() => setAsking(null)} />
        </Suspense>
      ) : null}
    </aside>
  );
}
