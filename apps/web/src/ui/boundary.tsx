// What cannot be drawn takes no more than its own part of the screen with it: the rest stays, and with it the way to what is wrong.
import { Component, type ReactNode } from 'react';
import { Problem } from './note.tsx';

interface Props {
  readonly children: ReactNode;
  /** Where another one is shown, it is tried again. */
  readonly of?: unknown;
  /** In place of the words about it. */
  readonly instead?: ReactNode;
}

export class Boundary extends Component<Props, { readonly failed: boolean }> {
  override readonly state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.of !== this.props.of) this.setState({ failed: false });
  }

  override render(): ReactNode {
    const { children, instead } = this.props;
    if (!this.state.failed) return children;
    return instead ?? <Problem code="internal" again={() => this.setState({ failed: false })} />;
  }
}
