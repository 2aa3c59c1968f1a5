// One context of the list at a time, or all. Not there before a person has made one.
import type { ReactNode } from 'react';
import { showContext, useContexts, useShown, type Shown } from '../../app/contexts.ts';
import { ContextMark } from '../../ui/context-mark.tsx';
import { t } from '../../words/index.ts';

export function ContextFilter() {
  const all = useContexts();
  const shown = useShown();
  if (all.length === 0) return null;
  const isOn = (one: Shown): boolean =>
    typeof one === 'string' ? shown === one : typeof shown !== 'string' && shown.context === one.context;
  const chip = (one: Shown, name: ReactNode): ReactNode => (
    <button
      key={typeof one === 'string' ? one : one.context}
      type="button"
      className={isOn(one) ? 'context-chip context-chip-on' : 'context-chip'}
      aria-pressed={isOn(one)}
      onClick={() => showContext(one)}
    >
      {name}
    </button>
  );
  return (
    <div className="context-chips" role="group" aria-label={t.contexts.filter}>
      {chip('all', t.contexts.all)}
      {all.map((one) => chip({ context: one.context }, <ContextMark context={one} />))}
      {chip('outside', t.contexts.outside)}
    </div>
  );
}
