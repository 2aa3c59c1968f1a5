import type { Contact, LogLine } from '@kith/core/client';
import { SendHorizontal, Check, Timer, X } from 'lucide-react';
import { useEffect, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { useKith } from '../../app/kith.tsx';
import { namedOf } from '../../app/names.ts';
import { problemOf, type ProblemCode } from '../../app/problem.ts';
import { useSetting } from '../../app/settings.ts';
import { duration } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { t } from '../../words/index.ts';
import { glimpseOf, textOf } from './line.tsx';

const MOST_BYTES = 65_536;
const DRAFT_AFTER_MS = 500;
/** Told at most this often while one writes, and only if the person allowed it. */
const TYPING_EVERY_MS = 4_000;
/** A longer one would not fit into one line of a phone. */
const LONG_NAME = 20;
const encoder = new TextEncoder();

export interface ComposerHandle {
  focus(): void;
  noFiles(): void;
}

export type Aim =
  | { readonly type: 'reply'; readonly line: LogLine }
  /** `event` of what was sent a moment ago is known only when the engine has answered. */
  | { readonly type: 'edit'; readonly event: Promise<string>; readonly text: string };

export const editOf = (line: LogLine): Aim => ({
  type: 'edit',
  event: Promise.resolve(line.event),
  text: line.text ?? '',
});

/** What was sent or changed last, as long as the log may not show it yet. */
interface JustSaid {
  readonly text: string;
  readonly event: Promise<string>;
  /** Null until the engine has answered. */
  known: string | null;
}

interface Props {
  readonly contact: Contact;
  readonly aim: Aim | null;
  readonly setAim: (aim: Aim | null) => void;
  readonly lines: readonly LogLine[];
  readonly status: string | null;
  readonly ref: Ref<ComposerHandle>;
}

export function Composer({ contact, aim, setAim, lines, status, ref }: Props) {
  const kith = useKith();
  const { conversation } = contact;
  const [text, setText] = useState(contact.draft);
  const [problem, setProblem] = useState<ProblemCode | null>(null);
  const [files, setFiles] = useState(false);
  const [typing] = useSetting('typing');
  const [enterSends] = useSetting('enterSends');
  const field = useRef<HTMLTextAreaElement>(null);
  /** The text as it is to be kept, and whether it was handed to the engine already. */
  const draft = useRef({ text: contact.draft, kept: true });
  const toldTyping = useRef(0);
  const name = namedOf(contact);
  const editing = aim?.type === 'edit';
  const just = useRef<JustSaid | null>(null);
  const now = useRef({ aim, text });
  now.current = { aim, text };

  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus(), noFiles: () => setFiles(true) }), []);

  // Drafts are kept while one pauses, on leaving the field, the conversation and the page. An edit is no draft.
  useEffect(() => {
    const keep = (): void => {
      if (draft.current.kept) return;
      draft.current.kept = true;
      void kith.call('draft.set', { conversation, text: draft.current.text }).catch(() => undefined);
    };
    const timer = setInterval(keep, DRAFT_AFTER_MS);
    const input = field.current;
    input?.addEventListener('blur', keep);
    addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      input?.removeEventListener('blur', keep);
      removeEventListener('pagehide', keep);
      keep();
    };
  }, [kith, conversation]);

  // With the aim, not after it: what is typed right behind it is typed into the text that is to be changed.
  const [aimBefore, setAimBefore] = useState(aim);
  if (aim !== aimBefore) {
    setAimBefore(aim);
    if (aim?.type === 'edit') setText(aim.text);
  }
  useEffect(() => {
    if (aim !== null) field.current?.focus();
  }, [aim]);

  const forgetShown = (): void => {
    const { text: said, known } = just.current ?? {};
    const line = lines.find(({ event }) => event === known);
    if (line !== undefined && (line.text === said || line.deleted)) just.current = null;
  };
  useEffect(forgetShown);

  const editLast = (): void => {
    forgetShown();
    const last = lines.findLast((line) => line.mine && line.kind === 'text' && !line.deleted);
    if (just.current !== null) setAim({ type: 'edit', event: just.current.event, text: just.current.text });
    else if (last !== undefined) setAim(editOf(last));
  };

  // Firefox has no field-sizing yet.
  useEffect(() => {
    const input = field.current;
    if (input === null || CSS.supports('field-sizing', 'content')) return;
    input.style.blockSize = 'auto';
    input.style.blockSize = `${input.scrollHeight + 2}px`;
  }, [text]);

  const change = (next: string): void => {
    setText(next);
    setProblem(null);
    setFiles(false);
    if (editing) return;
    draft.current = { text: next, kept: false };
    if (typing !== 'on' || next === '' || Date.now() - toldTyping.current < TYPING_EVERY_MS) return;
    toldTyping.current = Date.now();
    void kith.call('typing', { conversation }).catch(() => undefined);
  };

  const leaveAim = (): void => {
    if (editing) setText(draft.current.text);
    setAim(null);
    field.current?.focus();
  };

  const tooLong = encoder.encode(text).length - MOST_BYTES;
  const sendable = text.trim() !== '' && tooLong <= 0;

  const send = (): void => {
    field.current?.focus();
    if (!sendable) return;
    const said = text;
    const was = aim;
    setAim(null);
    setProblem(null);
    setFiles(false);
    const sent =
      was?.type === 'edit'
        ? was.event.then(async (event) => {
            await kith.call('edit', { conversation, event, text: said });
            return event;
          })
        : kith
            .call('send', { conversation, text: said, ...(was === null ? {} : { reply: was.line.event }) })
            .then(({ event }) => event);
    const saying: JustSaid = { text: said, event: sent, known: null };
    just.current = saying;
    if (was?.type === 'edit') setText(draft.current.text);
    else {
      setText('');
      draft.current = { text: '', kept: false };
    }
    const failed = async (error: unknown): Promise<void> => {
      if (just.current === saying) just.current = null;
      // A change of what was never sent is what is to be sent.
      const isNew =
        was?.type !== 'edit' ||
        (await was.event.then(
          () => false,
          () => true,
        ));
      setProblem(problemOf(error));
      const { aim: since, text: written } = now.current;
      if (since?.type === 'edit' && since.event === sent) {
        draft.current = { text: written, kept: false };
        setAim(null);
        return;
      }
      setAim(isNew && was?.type === 'edit' ? null : was);
      // What was written is not lost, and what was written since stands below it.
      setText(written === '' || was?.type === 'edit' ? said : `${said}\n${written}`);
      if (isNew) draft.current = { text: said, kept: false };
    };
    sent.then((event) => void (saying.known = event), failed);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' && aim !== null) {
      event.preventDefault();
      event.stopPropagation();
      leaveAim();
    } else if (
      event.key === 'ArrowUp' &&
      text === '' &&
      aim === null &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey
    ) {
      event.preventDefault();
      editLast();
    } else if (event.key === 'Enter' && !event.altKey) {
      const sends = enterSends === 'off' ? event.ctrlKey || event.metaKey : !event.shiftKey;
      if (!sends) return;
      event.preventDefault();
      send();
    }
  };

  const note =
    problem !== null
      ? `${t.errors[problem].message} ${t.errors[problem].next} ${problem === 'interrupted' ? t.composer.textKept : t.composer.notSent}`
      : files
        ? t.composer.noFiles
        : tooLong > 0
          ? t.composer.tooLong(tooLong.toLocaleString(t.locale))
          : status;
  return (
    <div className="composer">
      {aim === null ? null : (
        <div className="chip">
          <p className="chip-text">
            <strong>
              {aim.type === 'edit' ? t.composer.editing : t.composer.replying(aim.line.mine ? t.common.you : name)}
            </strong>
            <span dir="auto">{glimpseOf(aim.type === 'edit' ? aim.text : textOf(aim.line))}</span>
          </p>
          <Button
            look="icon"
            icon={X}
            onPress={leaveAim}
            aria-label={editing ? t.composer.cancelEdit : t.composer.cancelReply}
          />
        </div>
      )}
      {contact.timer === null || editing ? null : (
        <p className="composer-note soft">
          <Icon of={Timer} size={14} />{' '}
          {contact.timer.from === 'reading'
            ? t.conversation.goesOnceRead(duration(contact.timer.seconds))
            : t.conversation.goesIn(duration(contact.timer.seconds))}
        </p>
      )}
      {/* Above what is pressed: whatever is told comes and goes without moving it from under a finger. */}
      <p className="composer-note soft" id="composer-note" role="status">
        {note}
      </p>
      <div className="composer-row">
        <textarea
          ref={field}
          className="composer-input"
          id="composer"
          rows={1}
          dir="auto"
          value={text}
          aria-label={t.composer.label(name)}
          aria-describedby="composer-note"
          placeholder={t.composer.placeholder(name.length > LONG_NAME ? '' : name)}
          enterKeyHint={enterSends === 'off' ? 'enter' : 'send'}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return;
            event.preventDefault();
            setFiles(true);
          }}
        />
        <Button
          look="icon"
          icon={editing ? Check : SendHorizontal}
          extra="composer-send"
          aria-label={editing ? t.composer.saveEdit : t.composer.send}
          isDisabled={!sendable}
          onPress={send}
        />
      </div>
    </div>
  );
}
