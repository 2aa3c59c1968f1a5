import type { LogLine } from '@kith/core/client';
import { Copy, Ellipsis, Pencil, Reply, SmilePlus, Star, Trash2, UsersRound } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { copyText } from '../../app/copy.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Question } from '../../ui/modal.tsx';
import { t } from '../../words/index.ts';
import type { LineActions } from './line.tsx';

const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '👎', '✅', '👀', '🤔', '🌱'] as const;

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const isOneEmoji = (text: string): boolean =>
  [...segments.segment(text)].length === 1 && /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u.test(text);

export function EmojiChoice({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [other, setOther] = useState('');
  return (
    <>
      <div className="emojis">
        {EMOJIS.map((emoji, index) => (
          <AriaButton
            key={emoji}
            autoFocus={index === 0}
            className="emoji"
            aria-label={t.conversation.reactWith(emoji)}
            onPress={() => onChoose(emoji)}
          >
            {emoji}
          </AriaButton>
        ))}
      </div>
      <form
        className="emoji-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isOneEmoji(other.trim())) onChoose(other.trim());
        }}
      >
        <input
          className="input grow"
          aria-label={t.conversation.emojiMore}
          placeholder={t.conversation.emojiField}
          value={other}
          onChange={(event) => setOther(event.target.value)}
        />
        <Button type="submit" isDisabled={!isOneEmoji(other.trim())}>
          {t.conversation.react}
        </Button>
      </form>
    </>
  );
}

interface Props {
  readonly line: LogLine;
  readonly reachable: boolean;
  readonly closed: boolean;
  readonly actions: LineActions;
}

export function MessageTools({ line, reachable, closed, actions }: Props) {
  const [asking, setAsking] = useState<'me' | 'all' | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const reach = { excludeFromTabOrder: !reachable };
  const backToLine = (): void => frame.current?.closest<HTMLElement>('[data-event]')?.focus();
  const act = (key: string): void => {
    if (key === 'copy') void copyText(line.text ?? '');
    else if (key === 'edit') actions.edit(line);
    else if (key === 'star') actions.star(line);
    else if (key === 'me' || key === 'all') setAsking(key);
  };
  return (
    <div className="tools" ref={frame}>
      {closed ? null : (
        <>
          <Button
            look="icon"
            icon={Reply}
            aria-label={t.conversation.reply}
            onPress={() => actions.reply(line)}
            {...reach}
          />
          <DialogTrigger>
            <Button look="icon" icon={SmilePlus} aria-label={t.conversation.react} extra="tool-react" {...reach} />
            <Popover className="menu">
              <Dialog aria-label={t.conversation.react}>
                {({ close }) => (
                  <EmojiChoice
                    onChoose={(emoji) => {
                      actions.react(line, emoji, false);
                      close();
                    }}
                  />
                )}
              </Dialog>
            </Popover>
          </DialogTrigger>
        </>
      )}
      <MenuTrigger>
        <Button look="icon" icon={Ellipsis} aria-label={t.conversation.moreActions} extra="tool-more" {...reach} />
        <Popover>
          <Menu className="menu" onAction={(key) => act(String(key))}>
            <MenuItem id="copy" className="menu-item">
              <Icon of={Copy} />
              {t.conversation.copyText}
            </MenuItem>
            <MenuItem id="star" className="menu-item">
              <Icon of={Star} />
              {line.starred ? t.conversation.unstar : t.conversation.star}
            </MenuItem>
            {line.mine && !closed ? (
              <MenuItem id="edit" className="menu-item">
                <Icon of={Pencil} />
                {t.conversation.edit}
              </MenuItem>
            ) : null}
            <MenuItem id="me" className="menu-item menu-item-bad">
              <Icon of={Trash2} />
              {t.conversation.deleteForMe}
            </MenuItem>
            {line.mine && !closed ? (
              <MenuItem id="all" className="menu-item menu-item-bad">
                <Icon of={UsersRound} />
                {t.conversation.deleteForAll}
              </MenuItem>
            ) : null}
          </Menu>
        </Popover>
      </MenuTrigger>
      {asking === null ? null : (
        <Question
          title={asking === 'me' ? t.conversation.deleteTitle : t.conversation.deleteAllTitle}
          body={asking === 'me' ? t.conversation.deleteBody : t.conversation.deleteAllBody}
          yes={asking === 'me' ? t.conversation.deleteDo : t.conversation.deleteAllDo}
          onNo={() => {
            setAsking(null);
            backToLine();
          }}
          onYes={() => {
            setAsking(null);
            backToLine();
            actions.remove(line, asking === 'all');
          }}
        />
      )}
    </div>
  );
}
