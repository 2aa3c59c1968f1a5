// Notifications are shown by the service worker, which knows whether any window of ours is being looked at.
import type { Kith, LogLine } from '@kith/core/client';
import { t } from '../words/index.ts';
import { SETTINGS } from './settings.ts';

export async function askForNotifications(kith: Kith): Promise<NotificationPermission> {
  const permission = await Notification.requestPermission();
  if (permission === 'granted') await kith.call('set', { key: SETTINGS.notifications, value: 'name' });
  return permission;
}

/** Tells the service worker of new messages of others; how much it says is the person's choice. */
export function notifyOf(events: readonly LogLine[], how: string, nameFor: (conversation: string) => string): void {
  if (how === 'off' || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const newest = events.findLast((line) => !line.mine && line.kind === 'text');
  if (newest === undefined) return;
  const body = how === 'name' ? t.notification.from(nameFor(newest.conversation)) : t.notification.plain;
  navigator.serviceWorker?.controller?.postMessage({
    type: 'notify',
    title: t.notification.title,
    body,
    conversation: newest.conversation,
  });
}
