import { MonitorSmartphone, Ticket, UserPlus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { none, useKith, useQuery } from '../app/kith.tsx';
import { go } from '../app/route.ts';
import { Button } from '../ui/button.tsx';
import { TwoPeople } from '../ui/drawing.tsx';
import { Field } from '../ui/field.tsx';
import { t } from '../words/index.ts';
import { UpdateOffer } from './offers.tsx';
import { OpenFile } from './settings-backup.tsx';

/** The first screen: everything on it can be skipped but one button, and that one leads straight to a code. */
export function Welcome() {
  const kith = useKith();
  const [profile] = useQuery('profile.get', none);
  const known = profile.status === 'ready' ? profile.value.name : null;
  const [name, setName] = useState('');
  useEffect(() => {
    if (known !== null && known !== '') setName((typed) => (typed === '' ? known : typed));
  }, [known]);
  const save = async (): Promise<void> => {
    const wanted = name.trim();
    if (wanted !== '' && wanted !== known) await kith.call('profile.set', { name: wanted });
  };
  // The name has to be there before the code is made; should it fail, the code still is.
  const leave = (mode: 'show' | 'scan'): void =>
    void save()
      .catch(() => undefined)
      .then(() => go({ at: 'add', mode }));
  return (
    <main className="welcome" id="main" tabIndex={-1}>
      <div className="welcome-body">
        <div className="welcome-head">
          <TwoPeople />
          <h1>{t.first.title}</h1>
          <p className="soft">{t.first.intro}</p>
        </div>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            leave('show');
          }}
        >
          <Field
            label={t.first.nameLabel}
            hint={t.first.nameHint}
            value={name}
            onChange={setName}
            maxLength={64}
            input={{ autoComplete: 'nickname' }}
          />
          <Button look="main" icon={UserPlus} wide type="submit">
            {t.first.add}
          </Button>
          <Button icon={Ticket} wide onPress={() => leave('scan')}>
            {t.first.invitation}
          </Button>
          <Button icon={MonitorSmartphone} wide onPress={() => go({ at: 'device', link: null })}>
            {t.devices.joinFirst}
          </Button>
        </form>
        <OpenFile label={t.backup.first} link />
        <div>
          <Button look="link" onPress={() => go({ at: 'recovery', mode: 'use' })}>
            {t.recovery.lostAll}
          </Button>
        </div>
        <UpdateOffer />
        <div className="row small">
          <Button look="link" onPress={() => go({ at: 'help', page: 'protects' })}>
            {t.first.how}
          </Button>
          <Button look="link" onPress={() => go({ at: 'help', page: 'cannot' })}>
            {t.first.cannot}
          </Button>
        </div>
      </div>
    </main>
  );
}
