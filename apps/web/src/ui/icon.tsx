import type { LucideIcon } from 'lucide-react';

/** An icon is never alone: text or a label stands beside it, so it is hidden from screen readers. */
export function Icon({ of: Drawing, size = 20, mirror = false }: { of: LucideIcon; size?: number; mirror?: boolean }) {
  return <Drawing size={size} strokeWidth={1.75} aria-hidden="true" className={mirror ? 'mirror' : ''} />;
}
