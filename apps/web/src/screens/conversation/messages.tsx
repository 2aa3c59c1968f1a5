// The list of messages: articles in a feed, one Tab stop, arrows inside. It is no live region: rows that appear while
// one scrolls must not be read out; what arrives is said by the announcer.
import type { Contact, LogLine } from '@kith/core/client';
import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { copyText } from '../../app/copy.ts';
import { useKith, useNow } from '../../app/kith.tsx';
import type { LogState, LogWindow } from '../../app/log-window.ts';
import { namedOf } from '../../app/names.ts';
import { Button } from '../../ui/button.tsx';
import { nextIndex } from '../../ui/roving.ts';
import { t } from '../../words/index.ts';
import { Line, type LineActions } from './line.tsx';
import { firstUnread, rowsOf } from './rows.ts';

/** This near to an end the next page is fetched. */
const NEAR = 600;
/** This near to the end one is at the end, whatever fractions the browser rounds. */
const AT_END = 40;
/** Nearer than this it is the same place. */
const FRACTION = 2;
const FRAMES_TO_MEASURE = 30;

interface Props {
  readonly contact: Contact;
  readonly log: LogState;
  readonly window_: LogWindow;
  /** A message to put in the middle: from a search, or an answer's original. */
  readonly target: string | null;
  readonly closed: boolean;
  readonly actions: LineActions;
  readonly toComposer: () => void;
}

export function Messages({ contact, log, window_, target, closed, actions, toComposer }: Props) {
  const kith = useKith();
  const now = useNow(60_000, true);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const wantsFocus = useRef(false);
  /** Stays there until another row took the focus over, or key presses in between would be lost. */
  const focused = useRef<string | null>(null);
  const placed = useRef<string | null>(null);
  const settled = useRef(false);
  const [atEnd, setAtEnd] = useState(true);
  const stick = useRef(true);
  /** Where the view stood when it was at the end last; whoever follows to the end has not been there yet. */
  const endTop = useRef(-Infinity);
  const [unreadAtOpening] = useState(contact.unread);
  const [firstNew, setFirstNew] = useState<string | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const name = namedOf(contact);

  const rows = useMemo(() => rowsOf(log.lines, firstNew), [log.lines, firstNew]);
  const activeIndex = Math.max(
    0,
    active === null ? rows.length - 1 : rows.findIndex(({ line }) => line.event === active),
  );

  /** Looks where the window stands: at the end or not, and whether a page is missing above or below. */
  const see = useRef(() => undefined as void);
  see.current = () => {
    const frame = scroller.current;
    if (frame === null || !settled.current) return;
    const below = frame.scrollHeight - frame.scrollTop - frame.clientHeight;
    // What came below since, or a place on the way to the end, is not somebody who goes up.
    if (below < AT_END) {
      stick.current = window_.state().atEnd;
      if (below < FRACTION) endTop.current = frame.scrollTop;
    } else if (frame.scrollTop < endTop.current - AT_END) stick.current = false;
    setAtEnd(stick.current);
    if (frame.scrollTop < NEAR) window_.older();
    if (below < NEAR) window_.newer();
  };

  const follow = (): void => {
    stick.current = true;
    endTop.current = -Infinity;
  };

  const focusedIndex = rows.findIndex(({ line }) => line.event === focused.current);
  const kept = [...new Set([activeIndex, focusedIndex])]
    .filter((index) => index >= 0 && index < rows.length)
    .toSorted((a, b) => a - b);

  // The place to begin: the asked-for message, else the first new one, else the end.
  useLayoutEffect(() => {
    const place = target ?? 'end';
    if (log.status !== 'ready' || rows.length === 0 || placed.current === place) return;
    if (target !== null && !rows.some(({ line }) => line.event === target)) return;
    placed.current = place;
    const unread = target === null ? firstUnread(log.lines, unreadAtOpening) : null;
    setFirstNew(unread);
    const wanted = target ?? unread;
    const index = wanted === null ? rows.length - 1 : rows.findIndex(({ line }) => line.event === wanted);
    stick.current = wanted === null;
    const align = wanted === null ? 'end' : 'center';
    list.current?.scrollToIndex(index, { align });
    if (target !== null) {
      wantsFocus.current = true;
      setActive(target);
    }
    // Sizes are known only after a picture was drawn; until the place is right, nothing more is fetched around it.
    settled.current = false;
    requestAnimationFrame(() => {
      list.current?.scrollToIndex(index, { align });
      requestAnimationFrame(() => {
        settled.current = true;
        see.current();
      });
    });
  }, [log, rows, target, unreadAtOpening]);

  // At the end new lines are followed; while one reads further up nothing moves.
  const newest = rows.at(-1)?.line.event;
  const newestMine = rows.at(-1)?.line.mine ?? false;
  const newestBefore = useRef(newest);
  useLayoutEffect(() => {
    const came = newestBefore.current !== undefined && newestBefore.current !== newest;
    newestBefore.current = newest;
    if (newest === undefined || placed.current === null || !log.atEnd) return;
    if (came && newestMine) {
      // Who answers has read: the line goes, and their own message is brought into view.
      setFirstNew(null);
      follow();
    }
    if (stick.current) list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [newest, newestMine, log.atEnd, rows.length]);

  // The composer grows, the keyboard of a phone opens, a reaction makes a line taller: the end stays the end.
  useEffect(() => {
    const frame = scroller.current;
    if (frame === null) return;
    const watch = new ResizeObserver(() => {
      // Who has begun to go up goes on: rows that are measured on the way do not pull them back.
      if (stick.current && frame.scrollTop >= endTop.current - FRACTION) frame.scrollTop = frame.scrollHeight;
    });
    watch.observe(frame);
    if (frame.firstElementChild !== null) watch.observe(frame.firstElementChild);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (!wantsFocus.current || active === null) return;
    wantsFocus.current = false;
    // A row far away is hidden until it was measured, and what is hidden takes no focus: at most a few frames.
    let frame = 0;
    const tryFocus = (left: number): void => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-event="${CSS.escape(active)}"]`);
      row?.focus({ preventScroll: true });
      if (left > 0 && row !== document.activeElement) frame = requestAnimationFrame(() => tryFocus(left - 1));
    };
    tryFocus(FRAMES_TO_MEASURE);
    return () => cancelAnimationFrame(frame);
  }, [active]);

  // Read is what was on screen, at the end, in a visible tab. As many may be unread as before, and others.
  const { conversation, unread } = contact;
  useEffect(() => {
    const mark = (): void => {
      if (document.visibilityState === 'visible' && atEnd && log.atEnd && unread > 0)
        void kith.call('read', { conversation }).catch(() => undefined);
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [kith, conversation, unread, newest, atEnd, log.atEnd]);

  const toLatest = (): void => {
    follow();
    placed.current = target ?? 'end';
    if (window_.state().atEnd) list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
    else window_.latest();
    toComposer();
  };

  const lineAt = (element: EventTarget): LogLine | undefined => {
    const event =
      element instanceof Element ? element.closest<HTMLElement>('[data-event]')?.dataset['event'] : undefined;
    return rows.find(({ line }) => line.event === event)?.line;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      toComposer();
      return;
    }
    const article = event.target instanceof HTMLElement && event.target.matches('[data-event]') ? event.target : null;
    if (article === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = nextIndex(event.key, activeIndex, rows.length);
    const line = rows[activeIndex]?.line;
    if (next !== null) {
      event.preventDefault();
      const to = rows[next]?.line.event;
      if (to === undefined || next === activeIndex) return;
      wantsFocus.current = true;
      setActive(to);
      list.current?.scrollToIndex(next, { align: 'nearest' });
      return;
    }
    // Single letters act only here, with the focus on a message (WCAG 2.1.4).
    const press = (selector: string): void => article.querySelector<HTMLElement>(selector)?.click();
    const keys: Readonly<Record<string, () => void>> = {
      Enter: () => press('.tool-more'),
      e: () => press('.tool-react'),
      r: () => (line === undefined || closed ? undefined : actions.reply(line)),
      c: () => void copyText(line?.text ?? ''),
      Delete: () => press('.tool-more'),
    };
    const act = keys[event.key];
    if (act === undefined || line === undefined || line.kind !== 'text' || line.deleted) return;
    event.preventDefault();
    act();
  };

  const pending = Math.min(contact.unread, 999);
  return (
    <div className="messages-frame">
      <div
        className="messages"
        ref={scroller}
        role="feed"
        aria-label={t.conversation.messages(name)}
        aria-busy={log.status === 'loading'}
        id="messages"
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          const line = lineAt(event.target);
          if (line === undefined) return;
          focused.current = line.event;
          if (line.event !== active) setActive(line.event);
        }}
        onScroll={() => see.current()}
      >
        <Virtualizer ref={list} scrollRef={scroller} shift={log.grewUp} keepMounted={kept} data={rows}>
          {(row, index) => (
            <Line
              key={row.line.event}
              row={row}
              active={index === activeIndex}
              isTarget={row.line.event === target}
              name={name}
              now={now}
              closed={closed}
              actions={actions}
            />
          )}
        </Virtualizer>
      </div>
      {atEnd || rows.length === 0 ? null : (
        <Button icon={ArrowDown} extra="latest" onPress={toLatest} id="latest">
          {pending > 0 ? t.conversation.latestCount(pending) : t.conversation.latest}
        </Button>
      )}
    </div>
  );
}
