import { t } from '../words/index.ts';

/** The unread count where one sees it without looking: in the title, the tab's icon, and on the installed app. */
export function showUnread(unread: number): void {
  document.title = unread > 0 ? t.titleUnread(unread) : t.name;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon !== null) icon.href = unread > 0 ? '/icon-unread.svg' : '/icon.svg';
  if ('setAppBadge' in navigator)
    void (unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge()).catch(() => undefined);
}
