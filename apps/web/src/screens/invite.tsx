import type { InvitePreview } from '@kith/core/client';
import { useEffect, useState } from 'react';
import { contextOfShown, useContexts, useShown } from '../app/contexts.ts';
import { none, useAction, useKith, usePlatform, useQuery } from '../app/kith.tsx';
import { plainName } from '../app/names.ts';
import { go, goToList } from '../app/route.ts';
import { Button } from '../ui/button.tsx';
import { Command, CopyButton } from '../ui/copy-button.tsx';
import { Field } from '../ui/field.tsx';
import { Note, Problem } from '../ui/note.tsx';
import { Page, Skeleton } from '../ui/page.tsx';
import { t } from '../words/index.ts';
import { ContextChoice } from './contexts/choice.tsx';

/** For a shell: single quotes, so that nothing in a pasted link can become a command. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function Elsewhere({ link }: { link: string }) {
  return (
    <details className="disclosure">
      <summary>{t.invite.elsewhere}</summary>
      <div className="disclosure-body stack">
        <p>{t.invite.elsewhereIntro}</p>
        <div>
          <CopyButton text={link} label={t.invite.elsewhereCopy} />
        </div>
        <Command text={`kith invite accept ${quoted(link)}`} />
      </div>
    </details>
  );
}

function PrivateWindow() {
  const platform = usePlatform();
  const [isPrivate, setPrivate] = useState(false);
  useEffect(() => void platform.privateWindow().then(setPrivate), [platform]);
  if (!isPrivate) return null;
  return (
    <Note tone="warn" title={t.invite.privateTitle}>
      <p>{t.invite.privateNote}</p>
    </Note>
  );
}

function Open({ preview, link }: { preview: InvitePreview; link: string }) {
  const kith = useKith();
  const [profile] = useQuery('profile.get', none);
  const contexts = useContexts();
  const shown = contextOfShown(useShown());
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const context = contexts.find((one) => one.context === (chosen === undefined ? shown : chosen));
  const outside = profile.status === 'ready' ? profile.value.name : '';
  const known = context === undefined ? outside : context.name;
  const [typed, setTyped] = useState<string | null>(null);
  const connect = useAction(async () => {
    const name = (typed ?? known).trim();
    const { conversation } = await kith.call('invite.accept', {
      link,
      ...(name === known ? {} : { name }),
      ...(context === undefined ? {} : { context: context.context }),
    });
    go({ at: 'conversation', conversation }, 'replace');
  });
  return (
    <>
      <div className="stack-tight">
        <p>{plainName(preview.name) === '' ? t.invite.unnamed : t.invite.from(plainName(preview.name))}</p>
        <p className="soft">{preview.reusable ? t.invite.manyNote : t.invite.onceNote}</p>
      </div>
      <PrivateWindow />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          connect.run();
        }}
      >
        <ContextChoice
          label={t.contexts.choose}
          value={context?.context ?? null}
          onChange={(next) => {
            setChosen(next);
            setTyped(null);
          }}
        />
        <Field
          label={t.invite.seeLabel}
          hint={t.invite.seeHint}
          value={typed ?? known}
          onChange={setTyped}
          maxLength={64}
          input={{ autoComplete: 'nickname' }}
        />
        {connect.problem === 'no-relay' ? (
          <Note tone="warn" title={t.invite.kept} status />
        ) : connect.problem === null ? null : (
          <Problem code={connect.problem} />
        )}
        <Button look="main" wide type="submit" isDisabled={connect.busy} autoFocus>
          {connect.busy ? t.invite.connecting : t.invite.connect}
        </Button>
        <Button wide onPress={goToList}>
          {t.common.notNow}
        </Button>
      </form>
      <Elsewhere link={link} />
    </>
  );
}

function Own({ link }: { link: string }) {
  return (
    <>
      <p>{t.invite.ownIntro}</p>
      <p>{t.invite.ownPrivate}</p>
      <CopyButton look="main" text={link} label={t.invite.ownOpen} />
      <Button onPress={goToList}>{t.invite.home}</Button>
    </>
  );
}

export function Invitation({ link }: { link: string }) {
  const [preview, again] = useQuery('invite.preview', { link });
  if (preview.status === 'loading') {
    return (
      <Page title={t.invite.looking} narrow>
        <Skeleton />
      </Page>
    );
  }
  if (preview.status === 'failed') {
    if (preview.problem === 'own-invite') {
      return (
        <Page key="own" title={t.invite.ownTitle} narrow>
          <Own link={link} />
        </Page>
      );
    }
    if (preview.problem === 'words-needed') {
      return (
        <Page key="back" title={t.recovery.needed} narrow>
          <p>{t.recovery.neededIntro}</p>
          <Button look="main" autoFocus onPress={() => go({ at: 'recovery', mode: 'use', link }, 'replace')}>
            {t.recovery.neededDo}
          </Button>
          <Button onPress={goToList}>{t.invite.home}</Button>
        </Page>
      );
    }
    const passing =
      preview.problem === 'no-relay' || preview.problem === 'relay-full' || preview.problem === 'home-busy';
    return (
      <Page key="failed" title={t.invite.failedTitle} narrow>
        {passing ? <Problem code={preview.problem} again={again} /> : <Problem code={preview.problem} />}
        <Button onPress={goToList}>{t.invite.home}</Button>
      </Page>
    );
  }
  const { value } = preview;
  switch (value.state) {
    case 'own':
      return (
        <Page key="own" title={t.invite.ownTitle} narrow>
          <Own link={link} />
        </Page>
      );
    case 'accepted':
      return (
        <Page key="accepted" title={t.invite.acceptedTitle} narrow>
          <Button
            look="main"
            autoFocus
            onPress={() =>
              value.conversation === null
                ? goToList()
                : go({ at: 'conversation', conversation: value.conversation }, 'replace')
            }
          >
            {t.invite.acceptedOpen}
          </Button>
        </Page>
      );
    case 'open':
      return (
        <Page
          key="open"
          title={plainName(value.name) === '' ? t.invite.titleUnnamed : t.invite.title(plainName(value.name))}
          narrow
        >
          <Open preview={value} link={link} />
        </Page>
      );
  }
}
