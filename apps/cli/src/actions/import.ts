import { EXPORT_NOTICE, importFile, isBackup, readBackup } from '@kith/core/client';
import { resolve } from 'node:path';
import type { Action } from '../table/spec.ts';
import { nameThisDevice } from './device-name.ts';
import { deriveHere, PASSPHRASE_OPTIONS, talkNowAndThen } from './export.ts';
import { openToRead } from './files.ts';
import { readPassphrase } from './passphrase.ts';

export const importFrom: Action = async (context) => {
  const { input, host, print, kith } = context;
  const path = resolve(host.folder, input.argument('FILE'));
  const file = await openToRead(path);
  const talk = talkNowAndThen(context);
  try {
    if (isBackup(await file.at(0, 256))) {
      const passphrase = await readPassphrase(context, PASSPHRASE_OPTIONS, 'Passphrase of this backup', false);
      const engine = await kith(null);
      const { events, conversations } = await readBackup(engine, file.at, passphrase, deriveHere, {
        onPart: (done) => talk(() => `${done} MiB`),
      });
      // It stands beside the device that was lost, in a list where that one can be removed.
      await nameThisDevice(engine);
      print.record(
        { events, conversations },
        `${events} events of ${conversations.length} conversations are back. This is a new device of yours.`,
      );
      return 0;
    }
    const { lines, added, conversations } = await importFile(await kith(null), file.pieces, {
      onLines: (done, of) => talk(() => `${done} of ${of}`),
    });
    print.record({ events: added, lines, conversations }, `${added} of ${lines} lines are new here.`);
    print.talk(EXPORT_NOTICE);
    return 0;
  } finally {
    await file.close();
  }
};
