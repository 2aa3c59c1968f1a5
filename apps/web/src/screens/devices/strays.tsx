import type { StrayDevice } from '@kith/core/client';
import { announce } from '../../app/announce.tsx';
import { none, useAction, useKith, useQuery } from '../../app/kith.tsx';
import { nameOf, plainName } from '../../app/names.ts';
import { date } from '../../app/time.ts';
import { Button } from '../../ui/button.tsx';
import { Note, Problem } from '../../ui/note.tsx';
import { t } from '../../words/index.ts';

function Found({ strays }: { strays: readonly StrayDevice[] }) {
  const kith = useKith();
  const [contacts] = useQuery('contact.list', none);
  const [devices] = useQuery('device.list', none);
  const remove = useAction(async () => {
    await kith.call('device.removeStrays', { refuse: true });
    announce(t.devices.straysGone);
  });
  const contactIn = (conversation: string): string => {
    const found = contacts.status === 'ready' ? contacts.value.find((one) => one.conversation === conversation) : null;
    return found ? nameOf(found) : t.list.unnamed;
  };
  const deviceCalled = (id: string | null): string =>
    devices.status === 'ready' ? plainName(devices.value.find(({ device }) => device === id)?.name ?? '') : '';
  return (
    <Note tone="warn" title={t.devices.straysTitle(strays.length)}>
      <p>{t.devices.straysMean(strays.length)}</p>
      <ul data-testid="strays">
        {strays.map(({ conversation, device, addedAt, addedBy }) => (
          <li key={`${conversation} ${device}`}>
            <p dir="auto">{t.devices.strayIn(contactIn(conversation))}</p>
            {addedAt === 0 ? null : (
              <p className="hint">{t.devices.straySince(date(addedAt), deviceCalled(addedBy))}</p>
            )}
          </li>
        ))}
      </ul>
      <p>{t.devices.straysNext}</p>
      <div>
        <Button look="bad" onPress={() => remove.run()} isDisabled={remove.busy}>
          {t.devices.straysRemove}
        </Button>
      </div>
      {remove.problem === null ? null : <Problem code={remove.problem} />}
    </Note>
  );
}

/** Own devices in conversations that are none of the list; nothing when there are none. */
export function Strays() {
  const [strays] = useQuery('device.strays', none);
  if (strays.status !== 'ready' || strays.value.length === 0) return null;
  return <Found strays={strays.value} />;
}
