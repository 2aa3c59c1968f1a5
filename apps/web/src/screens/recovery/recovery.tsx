import { MakeWords } from './make.tsx';
import { UseWords } from './use.tsx';

export function Recovery({ mode, link }: { mode: 'make' | 'use'; link: string | null }) {
  return mode === 'make' ? <MakeWords /> : <UseWords link={link} />;
}
