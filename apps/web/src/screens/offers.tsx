// Small offers at the foot of the list, one at a time, each at the moment when it makes sense.
import { useEffect, useState } from 'react';
import { none, useContacts, useKith, usePlatform, useQuery } from '../app/kith.tsx';
import { askForNotifications } from '../app/notifications.ts';
import { SETTINGS, useSettings } from '../app/settings.ts';
import { activateUpdate, useUpdate } from '../app/update.ts';
import { Button } from '../ui/button.tsx';
import { t } from '../words/index.ts';

function Offer({
  text,
  action,
  onAction,
  onNever,
}: {
  text: string;
  action: string;
  onAction: () => void;
  onNever?: () => void;
}) {
  return (
    <div className="offer" role="status">
      <p>{text}</p>
      <Button look="plain" onPress={onAction}>
        {action}
      </Button>
      {onNever === undefined ? null : (
        <Button look="plain" onPress={onNever}>
          {t.common.notNow}
        </Button>
      )}
    </div>
  );
}

/** Also where there is no list yet. */
export function UpdateOffer() {
  return useUpdate() ? <Offer text={t.offers.update} action={t.offers.updateDo} onAction={activateUpdate} /> : null;
}

export function Offers() {
  const kith = useKith();
  const platform = usePlatform();
  const contacts = useContacts();
  const settings = useSettings();
  const [requests] = useQuery('request.list', none);
  const update = useUpdate();
  const [persisted, setPersisted] = useState<boolean | null>(null);
  const connected = contacts.some(({ state }) => state === 'active');
  useEffect(() => {
    if (connected) void platform.persisted().then(setPersisted);
  }, [platform, connected]);

  const putAway = (key: string): void => void kith.call('set', { key, value: 'off' }).catch(() => undefined);
  if (update) return <UpdateOffer />;
  if (settings === null || requests.status !== 'ready') return null;

  const received = contacts.some(
    ({ preview, unread }) => unread > 0 || (preview !== null && preview.kind === 'text' && !preview.mine),
  );
  if (
    received &&
    'Notification' in globalThis &&
    Notification.permission === 'default' &&
    settings.get(SETTINGS.hintNotifications) !== 'off'
  ) {
    return (
      <Offer
        text={t.offers.notifications}
        action={t.offers.notificationsDo}
        onAction={() => {
          putAway(SETTINGS.hintNotifications);
          void askForNotifications(kith);
        }}
        onNever={() => putAway(SETTINGS.hintNotifications)}
      />
    );
  }
  if (connected && persisted === false && settings.get(SETTINGS.hintPersist) !== 'off') {
    return (
      <Offer
        text={t.offers.persist}
        action={t.settings.persist}
        onAction={() => {
          putAway(SETTINGS.hintPersist);
          void platform.persist().then(setPersisted);
        }}
        onNever={() => putAway(SETTINGS.hintPersist)}
      />
    );
  }
  return null;
}
