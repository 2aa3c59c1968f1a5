// Small offers at the foot of the list, one at a time, each at the moment when it makes sense.
import type { DeviceView } from '@kith/core/client';
import { useEffect, useState } from 'react';
import { none, useContacts, useKith, usePlatform, useQuery } from '../app/kith.tsx';
import { useHint } from '../app/hints.ts';
import { plainName } from '../app/names.ts';
import { askForNotifications } from '../app/notifications.ts';
import { go } from '../app/route.ts';
import { SETTINGS, useSettings } from '../app/settings.ts';
import { activateUpdate, useUpdate } from '../app/update.ts';
import { Button } from '../ui/button.tsx';
import { t } from '../words/index.ts';

function Offer({
  text,
  action,
  onAction,
  never = t.common.notNow,
  onNever,
}: {
  text: string;
  action: string;
  onAction: () => void;
  never?: string;
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
          {never}
        </Button>
      )}
    </div>
  );
}

/** Also where there is no list yet. */
export function UpdateOffer() {
  const update = useUpdate();
  if (update === 'none') return null;
  if (update === 'offered')
    return <Offer text={t.offers.update} action={t.offers.updateDo} onAction={activateUpdate} />;
  return (
    <div className="offer" role="status">
      <p>{t.offers.updating}</p>
    </div>
  );
}

/** A device that this one did not take in itself: said once, and it can be refused for a day. */
function NewDevice({ device, by, onSeen }: { device: DeviceView; by: string; onSeen: () => void }) {
  return (
    <Offer
      text={t.devices.notice(plainName(device.name), plainName(by))}
      action={t.devices.noticeSee}
      onAction={() => {
        onSeen();
        go({ at: 'devices' });
      }}
      never={t.devices.noticeMine}
      onNever={onSeen}
    />
  );
}

/** Once there is something to lose. */
function SecondDevice({ due, putAway }: { due: boolean; putAway: () => void }) {
  if (!useHint('hintDevice', due)) return null;
  return (
    <Offer
      text={t.devices.hint}
      action={t.devices.add}
      onAction={() => {
        putAway();
        go({ at: 'devices', mode: 'add' });
      }}
      onNever={putAway}
    />
  );
}

/** Another day, to who wants no second device: without either one loss takes everything. */
function FirstBackup({ due, putAway }: { due: boolean; putAway: () => void }) {
  if (!useHint('hintBackup', due)) return null;
  return (
    <Offer
      text={t.offers.backup}
      action={t.backup.save}
      onAction={() => {
        putAway();
        go({ at: 'safe' });
      }}
      onNever={putAway}
    />
  );
}

export function Offers() {
  const kith = useKith();
  const platform = usePlatform();
  const contacts = useContacts();
  const settings = useSettings();
  const [requests] = useQuery('request.list', none);
  const [listed] = useQuery('device.list', none);
  const update = useUpdate();
  const [persisted, setPersisted] = useState<boolean | null>(null);
  const connected = contacts.some(({ state }) => state === 'active');
  useEffect(() => {
    if (connected) void platform.persisted().then(setPersisted);
  }, [platform, connected]);

  const received = contacts.some(
    ({ preview, unread }) => unread > 0 || (preview !== null && preview.kind === 'text' && !preview.mine),
  );
  const devices = listed.status === 'ready' ? listed.value : [];
  const putAway = (key: string): void => void kith.call('set', { key, value: 'off' }).catch(() => undefined);
  if (update !== 'none') return <UpdateOffer />;
  if (settings === null || requests.status !== 'ready') return null;

  const own = devices.find(({ thisDevice }) => thisDevice);
  const fresh = devices.find(
    ({ device, addedBy, refusableUntil }) =>
      refusableUntil !== null && addedBy !== own?.device && settings.get(`hint.device.${device}`) !== 'off',
  );
  if (fresh !== undefined) {
    const by = devices.find(({ device }) => device === fresh.addedBy)?.name ?? '';
    return <NewDevice device={fresh} by={by} onSeen={() => putAway(`hint.device.${fresh.device}`)} />;
  }
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
  // With a second device they live elsewhere too.
  if (devices.length === 1 && connected && persisted === false && settings.get(SETTINGS.hintPersist) !== 'off') {
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
  const alone = received && devices.length === 1;
  if (settings.get(SETTINGS.hintDevice) === 'off')
    return <FirstBackup due={alone} putAway={() => putAway(SETTINGS.hintBackup)} />;
  return <SecondDevice due={alone} putAway={() => putAway(SETTINGS.hintDevice)} />;
}
