// In which context a conversation stands, and what its people see of me there. Nothing before there is one.
import { none, useQuery } from '../../app/kith.tsx';
import { useContexts } from '../../app/contexts.ts';
import { ContextMark } from '../../ui/context-mark.tsx';
import { Choices } from '../../ui/field.tsx';
import { t } from '../../words/index.ts';

const OUTSIDE = '';

export function ContextChoice({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | null;
  onChange: (context: string | null) => void;
}) {
  const all = useContexts();
  const [profile] = useQuery('profile.get', none);
  if (all.length === 0) return null;
  const outside = profile.status === 'ready' ? profile.value.name : '';
  return (
    <Choices
      label={label}
      value={value ?? OUTSIDE}
      onChange={(chosen) => onChange(chosen === OUTSIDE ? null : chosen)}
      choices={[
        { value: OUTSIDE, label: t.contexts.outside, hint: t.contexts.seen(outside) },
        ...all.map((one) => ({
          value: one.context,
          label: <ContextMark context={one} />,
          hint: t.contexts.seen(one.name),
        })),
      ]}
    />
  );
}
