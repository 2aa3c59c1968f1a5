import { CircleAlert, CircleCheck, Info, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ProblemCode } from '../app/problem.ts';
import { t } from '../words/index.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

type Tone = 'calm' | 'warn' | 'bad' | 'good';
const icons: Readonly<Record<Tone, LucideIcon>> = {
  calm: Info,
  warn: CircleAlert,
  bad: CircleAlert,
  good: CircleCheck,
};

export function Note({
  tone = 'calm',
  title,
  children,
  status = false,
}: {
  tone?: Tone;
  title?: string;
  children?: ReactNode;
  status?: boolean;
}) {
  return (
    <div className={`note note-${tone}`} role={status ? (tone === 'bad' ? 'alert' : 'status') : undefined}>
      <Icon of={icons[tone]} />
      <div className="note-body">
        {title === undefined ? null : <p className="note-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

/** What went wrong and what to do next, with "Try again" where that makes sense. */
export function Problem({ code, again }: { code: ProblemCode; again?: () => void }) {
  const { message, next } = t.errors[code];
  return (
    <Note tone="bad" title={message} status>
      <p>{next}</p>
      {again === undefined ? null : (
        <div>
          <Button look="bad" onPress={again}>
            {t.common.tryAgain}
          </Button>
        </div>
      )}
    </Note>
  );
}
