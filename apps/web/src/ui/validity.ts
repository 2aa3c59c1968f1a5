import type { Validity } from '@kith/core/client';
import { ShieldAlert, ShieldCheck, ShieldQuestion, type LucideIcon } from 'lucide-react';

export const validityIcons: Readonly<Record<Validity, LucideIcon>> = {
  unvalidated: ShieldQuestion,
  validated: ShieldCheck,
  compromised: ShieldAlert,
};
