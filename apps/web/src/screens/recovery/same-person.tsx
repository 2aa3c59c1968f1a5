import type { Contact } from '@kith/core/client';
import { UsersRound } from 'lucide-react';
import { useState } from 'react';
import { none, useAction, useContacts, useKith, useQuery } from '../../app/kith.tsx';
import { namedOf, nameOf } from '../../app/names.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Modal, Question } from '../../ui/modal.tsx';
import { Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

const MOST = 8;

function Pick({
  from,
  onPick,
  onClose,
}: {
  from: readonly Contact[];
  onPick: (contact: Contact) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  const found = from.filter((one) => nameOf(one).toLocaleLowerCase().includes(wanted)).slice(0, MOST);
  return (
    <Modal title={t.recovery.samePick} onClose={onClose}>
      <Field label={t.recovery.sameField} value={text} onChange={setText} autoFocus />
      <div role="status">{found.length === 0 ? t.recovery.sameNone : null}</div>
      <ul>
        {found.map((one) => (
          <li key={one.conversation}>
            <button type="button" className="list-entry" onClick={() => onPick(one)}>
              <Avatar name={nameOf(one)} picture={one.picture} />
              <span className="list-name" dir="auto">
                {nameOf(one)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

/** Two conversations with one person: which are said to be, and the way to say so. */
export function SamePerson({ contact }: { contact: Contact }) {
  const kith = useKith();
  const contacts = useContacts();
  const [merged, again] = useQuery('contact.merged', none);
  const [asking, setAsking] = useState<'pick' | Contact | null>(null);
  const merge = useAction(async (other: Contact) => {
    setAsking(null);
    await kith.call('contact.merge', { conversation: contact.conversation, with: other.conversation });
    again();
  });
  const group =
    merged.status === 'ready'
      ? merged.value.find(({ conversations }) => conversations.includes(contact.conversation))
      : undefined;
  const isSame = (other: Contact): boolean => group?.conversations.includes(other.conversation) === true;
  const active = contacts.filter(
    (one) => one.conversation !== contact.conversation && one.state === 'active' && !one.imported,
  );
  const same = contacts.filter((one) => one.conversation !== contact.conversation && isSame(one));
  const others = active.filter((one) => !isSame(one));
  if (contact.state !== 'active' || (others.length === 0 && same.length === 0)) return null;
  return (
    <section className="section">
      <h3>{t.recovery.sameTitle}</h3>
      {same.map((one) => (
        <p key={one.conversation}>{t.recovery.sameWith(nameOf(one))}</p>
      ))}
      {others.length === 0 ? null : (
        <>
          <Button icon={UsersRound} onPress={() => setAsking('pick')} isDisabled={merge.busy}>
            {t.recovery.same}
          </Button>
          <p className="hint">{t.recovery.sameWhat}</p>
        </>
      )}
      {merge.problem === null ? null : <Problem code={merge.problem} />}
      {asking === 'pick' ? <Pick from={others} onPick={setAsking} onClose={() => setAsking(null)} /> : null}
      {asking === null || asking === 'pick' ? null : (
        <Question
          title={t.recovery.sameAsk(namedOf(contact), namedOf(asking))}
          body={t.recovery.sameMeans}
          yes={t.recovery.sameYes}
          onYes={() => merge.run(asking)}
          onNo={() => setAsking(null)}
        />
      )}
    </section>
  );
}
