import { Field } from '../../ui/field.tsx';
import { t } from '../../words/index.ts';

/** Nothing of the browser's remembers what is typed here, or sends it somewhere to be spelled. */
export function WordsField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field
      label={t.recovery.useWords}
      hint={t.recovery.useWordsHint}
      value={value}
      onChange={onChange}
      input={{ autoComplete: 'off', spellCheck: false }}
    />
  );
}
