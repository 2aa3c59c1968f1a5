// One Tab stop for a list; arrows, Home and End move inside it (ARIA practices, roving tabindex).
import type { KeyboardEvent } from 'react';

/** Where an arrow leads, or null when the key is none of ours. */
export function nextIndex(key: string, index: number, length: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(length - 1, index + 1);
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}

/** For lists whose entries are all there: moves the focus among the elements that `selector` finds. */
export function moveFocus(event: KeyboardEvent<HTMLElement>, selector: string): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const entries = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
  const index = entries.findIndex((entry) => entry === document.activeElement);
  if (index < 0) return;
  const next = nextIndex(event.key, index, entries.length);
  if (next === null) return;
  event.preventDefault();
  entries[next]?.focus();
}
