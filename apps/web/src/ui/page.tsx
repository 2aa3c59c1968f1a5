import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { goToList } from '../app/route.ts';
import type { Query } from '../app/query.ts';
import { t } from '../words/index.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { Problem } from './note.tsx';

/** Beyond this a reading shows that it is under way; before, a flash would only unsettle. */
const SKELETON_AFTER_MS = 300;

export function Skeleton() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" className={late ? 'skeleton' : ''} data-testid="loading">
      <p className="hidden-text">{t.common.loading}</p>
      {late ? [0, 1, 2, 3].map((row) => <span key={row} />) : null}
    </div>
  );
}

/** Loading, failed with a next step, or the value. */
export function Loaded<T>({
  query,
  children,
}: {
  query: readonly [Query<T>, () => void];
  children: (value: T) => ReactNode;
}) {
  const [state, again] = query;
  switch (state.status) {
    case 'loading':
      return <Skeleton />;
    case 'failed':
      return <Problem code={state.problem} again={again} />;
    case 'ready':
      return children(state.value);
  }
}

export function BackButton() {
  return (
    <Button look="icon" onPress={goToList} aria-label={t.common.back} extra="back">
      <Icon of={ArrowLeft} mirror />
    </Button>
  );
}

/** A page of its own: a title that takes the focus, so that a screen reader says where one has arrived. */
export function Page({
  title,
  narrow = false,
  back = true,
  children,
}: {
  title: string;
  narrow?: boolean;
  back?: boolean;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A field that was given the focus keeps it.
    if (body.current?.contains(document.activeElement) !== true) heading.current?.focus();
  }, []);
  return (
    <>
      <header className="bar bar-edge">
        {back ? <BackButton /> : null}
        <div className="bar-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
        </div>
      </header>
      <div className="page" ref={body}>
        <div className={narrow ? 'page-body page-narrow' : 'page-body'}>{children}</div>
      </div>
    </>
  );
}
