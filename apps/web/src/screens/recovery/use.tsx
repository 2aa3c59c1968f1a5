import { useState } from 'react';
import { useAction, useKith } from '../../app/kith.tsx';
import { go, goToList } from '../../app/route.ts';
import { Button } from '../../ui/button.tsx';
import { Field, Switch } from '../../ui/field.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { Page } from '../../ui/page.tsx';
import { t } from '../../words/index.ts';
import { WordsField } from './words-field.tsx';

const isInvitation = (text: string): boolean => /^(?:kith:|https?:\/\/[^\s#]+\/)i#\S+$/u.test(text.trim());

/** Comes back into one conversation, by its contact's invitation and the words. */
export function UseWords({ link }: { link: string | null }) {
  const kith = useKith();
  const [text, setText] = useState('');
  const [words, setWords] = useState('');
  const [keep, setKeep] = useState(false);
  const [isWrong, setWrong] = useState(false);
  const [conversation, setConversation] = useState<string | null>(null);
  const use = useAction(async (by: string) => {
    const back = await kith.call('recovery.use', { link: by, words: words.trim(), keep });
    setWords('');
    setText('');
    setConversation(back.conversation);
    // The link has served: it is not kept in the history of this window.
    if (link !== null) go({ at: 'recovery', mode: 'use' }, 'replace');
  });
  if (conversation !== null) {
    return (
      <Page key="using" title={t.recovery.useTitle} narrow>
        <Note tone="good" title={t.recovery.using} status>
          <p>{t.recovery.usingNext}</p>
          <p>{t.recovery.usingMore}</p>
        </Note>
        <div className="row">
          <Button look="main" autoFocus onPress={() => go({ at: 'conversation', conversation }, 'replace')}>
            {t.recovery.open}
          </Button>
          <Button onPress={() => setConversation(null)}>{t.recovery.another}</Button>
        </div>
      </Page>
    );
  }
  const take = (): void => {
    const by = (link ?? text).trim();
    setWrong(!isInvitation(by));
    if (isInvitation(by)) use.run(by);
  };
  return (
    <Page key="ask" title={t.recovery.useTitle} narrow>
      {link === null ? <p>{t.recovery.useHow}</p> : null}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          take();
        }}
      >
        {link === null ? (
          <Field
            label={t.recovery.useLink}
            value={text}
            onChange={(value) => {
              setText(value);
              setWrong(false);
            }}
            autoFocus
            input={{ spellCheck: false }}
          />
        ) : null}
        <WordsField value={words} onChange={setWords} />
        <Switch label={t.recovery.keep} hint={t.recovery.keepHint} on={keep} onChange={setKeep} />
        {isWrong ? <Note tone="warn" title={t.recovery.notLink} status /> : null}
        {use.problem === null ? null : <Problem code={use.problem} />}
        <Button
          look="main"
          wide
          type="submit"
          isDisabled={use.busy || words.trim() === '' || (link === null && text.trim() === '')}
        >
          {use.busy ? t.recovery.useBusy : t.recovery.useDo}
        </Button>
        <Button wide onPress={goToList}>
          {t.common.notNow}
        </Button>
      </form>
    </Page>
  );
}
