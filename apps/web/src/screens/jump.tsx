import { useState, type KeyboardEvent } from 'react';
import { useContacts } from '../app/kith.tsx';
import { isListed, nameOf } from '../app/names.ts';
import { go } from '../app/route.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Modal } from '../ui/modal.tsx';
import { moveFocus } from '../ui/roving.ts';
import { t } from '../words/index.ts';

const MOST = 8;

export function Jump({ onClose }: { onClose: () => void }) {
  const contacts = useContacts();
  const [text, setText] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  const found = contacts
    .filter((contact) => isListed(contact) && nameOf(contact).toLocaleLowerCase().includes(wanted))
    .slice(0, MOST);
  const open = (conversation: string): void => {
    onClose();
    go({ at: 'conversation', conversation });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const first = found[0];
    if (event.key === 'Enter' && first !== undefined) open(first.conversation);
    else if (event.key === 'ArrowDown') {
      event.preventDefault();
      document.querySelector<HTMLElement>('[data-jump]')?.focus();
    }
  };
  return (
    <Modal title={t.jump.title} onClose={onClose}>
      <input
        className="input"
        type="search"
        dir="auto"
        autoFocus
        aria-label={t.jump.field}
        placeholder={t.jump.field}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div role="status">{found.length === 0 ? t.jump.none : null}</div>
      <ul onKeyDown={(event) => moveFocus(event, '[data-jump]')}>
        {found.map((contact) => (
          <li key={contact.conversation}>
            <button type="button" className="list-entry" data-jump="" onClick={() => open(contact.conversation)}>
              <Avatar name={nameOf(contact)} picture={contact.picture} />
              <span className="list-name" dir="auto">
                {nameOf(contact)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
