import type { EventState, LogLine } from '@kith/core/client';
import { Check, CheckCheck, CircleAlert, Clock3, Eye, HelpCircle, Star, Timer, type LucideIcon } from 'lucide-react';
import { memo, useState } from 'react';
import { noticeOf, plainName } from '../../app/names.ts';
import { clock, day, duration } from '../../app/time.ts';
import { Icon } from '../../ui/icon.tsx';
import { beginningOf, LongText } from '../../ui/long-text.tsx';
import { t } from '../../words/index.ts';
import { MessageTools } from './tools.tsx';
import type { Row } from './rows.ts';

export interface LineActions {
  readonly reply: (line: LogLine) => void;
  readonly edit: (line: LogLine) => void;
  readonly react: (line: LogLine, emoji: string, off: boolean) => void;
  readonly remove: (line: LogLine, forAll: boolean) => void;
  readonly star: (line: LogLine) => void;
  readonly open: (event: string) => void;
}

const stateIcons: Readonly<Record<EventState, LucideIcon>> = {
  waiting: Clock3,
  sent: Check,
  delivered: CheckCheck,
  read: Eye,
  failed: CircleAlert,
  unknown: HelpCircle,
};

const GLIMPSE = 300;
const authorOf = (line: LogLine, name: string): string =>
  line.mine ? t.common.you : name === '' ? t.list.unnamed : name;

export const textOf = (line: LogLine): string =>
  line.deleted
    ? line.mine
      ? t.conversation.deletedMine
      : t.conversation.deletedTheirs
    : (line.text ?? t.conversation.marks.newer);

/** The beginning of what somebody said, where it stands beside something else. */
export const glimpseOf = (text: string): string =>
  // Not half of a character.
  text.slice(0, GLIMPSE).replace(/[\uD800-\uDBFF]$/u, '');

/** Said in words, and only as exactly as one has to know it. */
const goesOf = ({ timer, goesAt }: LogLine, now: number): string | null => {
  if (timer === null) return null;
  if (goesAt === null) return t.conversation.goesOnceRead(duration(timer.seconds));
  const left = Math.ceil((goesAt - now) / 1000);
  return left < 60 ? t.conversation.goesSoon : t.conversation.goesIn(duration(left));
};

function Meta({ line, now }: { line: LogLine; now: number }) {
  const goes = goesOf(line, now);
  return (
    <div className="meta">
      {line.starred ? (
        <span>
          <Icon of={Star} size={14} />
          <span className="hidden-text">{t.conversation.starred}</span>
        </span>
      ) : null}
      {goes === null ? null : (
        <span className="goes">
          <Icon of={Timer} size={14} /> {goes}
        </span>
      )}
      {line.mark === null ? null : <span>{t.conversation.marks[line.mark]}</span>}
      {line.edited && !line.deleted ? <span>{t.conversation.edited}</span> : null}
      <time dateTime={new Date(line.sentAt).toISOString()}>{clock(line.sentAt)}</time>
      {line.state === null || line.deleted ? null : (
        <span className={`state state-${line.state}`} data-state={line.state}>
          {t.conversation.states[line.state]}
          <Icon of={stateIcons[line.state]} size={14} />
        </span>
      )}
    </div>
  );
}

interface Props {
  readonly row: Row;
  /** Has the list's one Tab stop. */
  readonly active: boolean;
  readonly isTarget: boolean;
  readonly name: string;
  readonly now: number;
  readonly closed: boolean;
  readonly actions: LineActions;
}

export const Line = memo(function Line({ row, active, isTarget, name, now, closed, actions }: Props) {
  const [near, setNear] = useState(false);
  const { line } = row;
  const day_ = row.firstOfDay ? <div className="day">{day(line.sentAt, now)}</div> : null;
  const gap = row.afterGap ? <div className="day">{t.conversation.olderComing}</div> : null;
  const new_ = row.firstNew ? <div className="new-line">{t.conversation.newMessages}</div> : null;
  if (line.kind !== 'text') {
    return (
      <div className="line">
        {gap}
        {day_}
        {new_}
        <article className="notice" tabIndex={active ? 0 : -1} data-event={line.event}>
          {noticeOf(line)}
        </article>
      </div>
    );
  }
  const quoted = plainName(line.reply?.authorName ?? '');
  const state = line.state === null ? '' : t.conversation.states[line.state];
  const label = t.conversation.spoken(authorOf(line, name), clock(line.sentAt), beginningOf(textOf(line)), state);
  return (
    <div className={`line${line.mine ? ' line-mine' : ''}${row.grouped ? ' line-same' : ''}`}>
      {gap}
      {day_}
      {new_}
      <article
        className="article"
        tabIndex={active ? 0 : -1}
        aria-label={label}
        data-event={line.event}
        data-target={isTarget ? '' : undefined}
        onPointerEnter={() => setNear(true)}
        onPointerLeave={() => setNear(false)}
      >
        {(active || near) && !line.deleted ? (
          <MessageTools line={line} reachable={active} closed={closed} actions={actions} />
        ) : null}
        <div className="bubble">
          {line.reply === null ? null : (
            <button
              type="button"
              className="quote"
              tabIndex={active ? 0 : -1}
              onClick={() => line.reply !== null && actions.open(line.reply.event)}
            >
              {quoted === '' ? null : (
                <span className="quote-name" dir="auto">
                  {quoted}
                </span>
              )}
              <span className="quote-text" dir="auto">
                {line.reply.text === null ? t.conversation.replyGone : glimpseOf(line.reply.text)}
              </span>
            </button>
          )}
          {line.deleted ? (
            <p className="text text-deleted">{textOf(line)}</p>
          ) : (
            <LongText id={line.event} text={textOf(line)} reachable={active} />
          )}
          <Meta line={line} now={now} />
        </div>
        {line.reactions.length === 0 ? null : (
          <div className="reactions">
            {line.reactions.map(({ emoji, count, mine }) => (
              <button
                key={emoji}
                type="button"
                className="reaction"
                aria-pressed={mine}
                tabIndex={active ? 0 : -1}
                aria-label={t.conversation.reacted(emoji, count, mine)}
                onClick={() => actions.react(line, emoji, mine)}
              >
                <span aria-hidden="true">{emoji}</span> <span aria-hidden="true">{count}</span>
              </button>
            ))}
          </div>
        )}
      </article>
    </div>
  );
});
