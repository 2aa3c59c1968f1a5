// Some browsers say once, early, that the page can be installed as an app, and let it ask later: heard by the entry,
// before there are screens.

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}
const isPrompt = (event: Event): event is InstallPrompt => 'prompt' in event && typeof event.prompt === 'function';

let held: InstallPrompt | null = null;
const listeners = new Set<() => void>();
const hold = (prompt: InstallPrompt | null): void => {
  held = prompt;
  for (const listener of listeners) listener();
};

export function watchInstallability(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    if (isPrompt(event)) hold(event);
  });
  addEventListener('appinstalled', () => hold(null));
}

export const isInstallable = (): boolean => held !== null;

export const onInstallability = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The browser's own question; it can be put once. */
export function install(): void {
  void held?.prompt();
  hold(null);
}
