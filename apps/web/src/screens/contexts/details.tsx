// In a contact's details: where the two of us meet. Nothing before there is a context.
import type { Contact } from '@kith/core/client';
import { useContexts } from '../../app/contexts.ts';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';
import { ContextChoice } from './choice.tsx';

export function ContextOf({ contact }: { contact: Contact }) {
  const kith = useKith();
  const all = useContexts();
  const [profile] = useQuery('profile.get', none);
  const move = useAction(async (context: string | null) => {
    await kith.call('contact.context', { conversation: contact.conversation, context });
  });
  if (all.length === 0) return null;
  const outside = profile.status === 'ready' ? profile.value.name : '';
  const here = all.find(({ context }) => context === contact.context);
  return (
    <section className="section" data-testid="context-of">
      <h3>{t.contexts.here}</h3>
      <ContextChoice label={t.contexts.choose} value={contact.context} onChange={move.run} />
      <p className="hint">{t.contexts.hereHint(here?.name ?? outside)}</p>
      {move.problem === null ? null : <Problem code={move.problem} />}
    </section>
  );
}
