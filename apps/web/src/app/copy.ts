import { t } from '../words/index.ts';
import { announce } from './announce.tsx';

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  announce(t.common.copied);
}
