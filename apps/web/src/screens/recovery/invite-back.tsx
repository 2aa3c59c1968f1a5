import type { Contact } from '@kith/core/client';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useAction, useKith } from '../../app/kith.tsx';
import { namedOf } from '../../app/names.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

/** The contact's side of coming back. */
export function InviteBack({ contact }: { contact: Contact }) {
  const kith = useKith();
  const [made, setMade] = useState<{ readonly link: string; readonly expires: number } | null>(null);
  const invite = useAction(async () => {
    setMade(await kith.call('recovery.invite', { conversation: contact.conversation }));
  });
  return (
    <section className="section">
      <h3>{t.recovery.inviteTitle}</h3>
      <p className="hint">{t.recovery.inviteWhat(namedOf(contact))}</p>
      {made === null ? (
        <Button icon={Undo2} onPress={() => invite.run()} isDisabled={invite.busy}>
          {t.recovery.invite}
        </Button>
      ) : (
        <>
          <div className="link-box">
            <code dir="ltr" aria-label={t.recovery.inviteLink} role="note">
              {made.link}
            </code>
          </div>
          <CopyButton look="main" text={made.link} label={t.recovery.inviteCopy} />
          <p className="hint">{t.recovery.inviteUntil(date(made.expires))}</p>
        </>
      )}
      {invite.problem === null ? null : <Problem code={invite.problem} />}
    </section>
  );
}
