// The keys that work everywhere. Those that browsers keep for themselves in a tab are bound only in the installed app;
// each of these has an Alt form that works in both.
export type Command =
  | 'help'
  | 'jump'
  | 'add'
  | 'search'
  | 'searchHere'
  | 'settings'
  | 'previous'
  | 'next'
  | 'previousUnread'
  | 'nextUnread'
  | 'section'
  | 'details'
  | 'latest'
  | 'reply'
  | 'react'
  | 'pickReply';

export interface Nth {
  readonly nth: number;
}

export interface Shortcut {
  readonly keys: string;
  readonly command: Command | 'nth';
  /** Browsers keep it for themselves in a tab. */
  readonly standalone?: true;
}

/** `Mod` is Ctrl, on Apple's keyboards Cmd. The order is that of the help page. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'Mod+/', command: 'help' },
  { keys: 'Mod+K', command: 'jump' },
  { keys: 'Alt+N', command: 'add' },
  { keys: 'Mod+N', command: 'add', standalone: true },
  { keys: 'Alt+F', command: 'search' },
  { keys: 'Mod+F', command: 'search', standalone: true },
  { keys: 'Mod+Shift+F', command: 'searchHere' },
  { keys: 'Mod+,', command: 'settings' },
  { keys: 'Alt+1', command: 'nth' },
  { keys: 'Mod+1', command: 'nth', standalone: true },
  { keys: 'Alt+ArrowUp', command: 'previous' },
  { keys: 'Alt+ArrowDown', command: 'next' },
  { keys: 'Mod+Tab', command: 'next', standalone: true },
  { keys: 'Alt+Shift+ArrowUp', command: 'previousUnread' },
  { keys: 'Alt+Shift+ArrowDown', command: 'nextUnread' },
  { keys: 'F6', command: 'section' },
  { keys: 'Mod+T', command: 'section', standalone: true },
  { keys: 'Alt+D', command: 'details' },
  { keys: 'Mod+D', command: 'details', standalone: true },
  { keys: 'Alt+J', command: 'latest' },
  { keys: 'Mod+J', command: 'latest', standalone: true },
  { keys: 'Mod+Shift+R', command: 'reply', standalone: true },
  { keys: 'Mod+Shift+E', command: 'react' },
  { keys: 'Mod+ArrowUp', command: 'pickReply' },
];

export const isApple = /Mac|iPhone|iPad/u.test(navigator.userAgent);
export const isStandalone = (): boolean => matchMedia('(display-mode: standalone)').matches;

/** The physical key where letters matter, so that Alt layers and other alphabets do not hide them. */
function keyOf(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/u.exec(event.code)?.[1];
  const digit = /^Digit([1-9])$/u.exec(event.code)?.[1];
  if (/^[a-z]$/iu.test(event.key)) return event.key.toUpperCase();
  return digit ?? (event.altKey ? letter : undefined) ?? event.key;
}

/** What a key press asks for, or null. */
export function commandOf(event: KeyboardEvent, standalone: boolean): Command | Nth | null {
  const mod = isApple ? event.metaKey : event.ctrlKey;
  const other = isApple ? event.ctrlKey : event.metaKey;
  if (other || event.isComposing) return null;
  const key = keyOf(event);
  // On a slash the shift is part of the layout (Shift+7 on many keyboards), not of the command.
  const shift = event.shiftKey && key !== '/' && key !== ',';
  const name = `${mod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}`;
  if (/^[1-9]$/u.test(key)) {
    return name === 'Alt+' || (name === 'Mod+' && standalone) ? { nth: Number(key) - 1 } : null;
  }
  const found = SHORTCUTS.find(
    (shortcut) => shortcut.keys === name + key && (shortcut.standalone !== true || standalone),
  );
  return found === undefined || found.command === 'nth' ? null : found.command;
}
