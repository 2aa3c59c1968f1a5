import type { ContextView } from '@kith/core/client';

/** A ring in the hue of a context, and its name: never the colour alone. */
export function ContextMark({ context }: { context: Pick<ContextView, 'label' | 'hue'> }) {
  return (
    <span className="context-mark">
      <span className="context-ring" data-context-hue={context.hue} aria-hidden="true" />
      <span className="context-label" dir="auto">
        {context.label}
      </span>
    </span>
  );
}
