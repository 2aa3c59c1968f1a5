import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog, Heading } from 'react-aria-components/Dialog';
import { Modal as AriaModal, ModalOverlay } from 'react-aria-components/Modal';
import { t } from '../words/index.ts';
import { Button } from './button.tsx';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
  /** A question that has to be answered: it is not closed by a click beside it. */
  readonly question?: boolean;
}

export function Modal({ title, onClose, children, wide = false, question = false }: Props) {
  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable={!question}
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      <AriaModal className={wide ? 'modal modal-wide' : 'modal'}>
        <Dialog className="dialog" role={question ? 'alertdialog' : 'dialog'}>
          <div className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            {question ? null : <Button look="icon" icon={X} onPress={onClose} aria-label={t.common.close} />}
          </div>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}

/** "Do this?" with what it does, and a way out. */
export function Question({
  title,
  body,
  yes,
  no = t.common.cancel,
  onYes,
  onNo,
  bad = true,
}: {
  title: string;
  body?: string;
  yes: string;
  no?: string;
  onYes: () => void;
  onNo: () => void;
  bad?: boolean;
}) {
  return (
    <Modal title={title} onClose={onNo} question>
      {body === undefined ? null : <p>{body}</p>}
      <div className="row row-end">
        <Button autoFocus onPress={onNo}>
          {no}
        </Button>
        <Button look={bad ? 'bad' : 'main'} onPress={onYes}>
          {yes}
        </Button>
      </div>
    </Modal>
  );
}
