import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { Icon } from './icon.tsx';

interface Props extends Omit<AriaButtonProps, 'children' | 'className'> {
  readonly look?: 'main' | 'edge' | 'bad' | 'plain' | 'link' | 'icon';
  readonly icon?: LucideIcon;
  readonly wide?: boolean;
  readonly extra?: string;
  readonly children?: ReactNode;
}

export function Button({ look = 'edge', icon, wide = false, extra = '', children, ...rest }: Props) {
  const name = ['button', `button-${look}`, wide ? 'button-wide' : '', extra].filter((part) => part !== '').join(' ');
  return (
    <AriaButton {...rest} className={name}>
      {icon === undefined ? null : <Icon of={icon} />}
      {children}
    </AriaButton>
  );
}
