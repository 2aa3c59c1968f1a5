import type { ReactNode, Ref } from 'react';
import { Input, type InputProps } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import { Switch as AriaSwitch } from 'react-aria-components/Switch';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur?: () => void;
  readonly maxLength?: number;
  readonly input?: Pick<
    InputProps,
    'type' | 'placeholder' | 'autoComplete' | 'spellCheck' | 'inputMode' | 'enterKeyHint'
  > & {
    ref?: Ref<HTMLInputElement>;
  };
  readonly autoFocus?: boolean;
}

export function Field({ label, hint, value, onChange, onBlur, maxLength, input, autoFocus = false }: FieldProps) {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      autoFocus={autoFocus}
      {...(onBlur === undefined ? {} : { onBlur })}
      {...(maxLength === undefined ? {} : { maxLength })}
    >
      <Label>{label}</Label>
      <Input className="input" autoComplete="off" dir="auto" {...input} />
      {hint === undefined ? null : (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
    </TextField>
  );
}

export function Switch({
  label,
  hint,
  on,
  onChange,
}: {
  label: string;
  hint?: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <AriaSwitch className="switch" isSelected={on} onChange={onChange}>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-knob" />
      </span>
      <span className="grow">
        <span className="field-label">{label}</span>
        {hint === undefined ? null : <span className="hint"> {hint}</span>}
      </span>
    </AriaSwitch>
  );
}

interface Choice<V extends string> {
  readonly value: V;
  readonly label: ReactNode;
  readonly hint?: string;
}

export function Choices<V extends string>({
  label,
  value,
  choices,
  onChange,
  row = false,
}: {
  label: string;
  value: V;
  choices: readonly Choice<V>[];
  onChange: (value: V) => void;
  row?: boolean;
}) {
  return (
    <RadioGroup className="field" value={value} onChange={(chosen) => onChange(chosen as V)}>
      <Label className="field-label">{label}</Label>
      <div className={row ? 'choices choices-row' : 'choices'}>
        {choices.map((choice) => (
          <Radio key={choice.value} value={choice.value} className="choice">
            <span>
              {choice.label}
              {choice.hint === undefined ? null : <span className="hint"> {choice.hint}</span>}
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
