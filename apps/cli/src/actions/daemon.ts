import { plainLine } from '../print/plain.ts';
import { socketPath } from '../home/socket.ts';
import type { Action } from '../table/spec.ts';

export const daemon: Action = async ({ print, host, home, kith }) => {
  let standby = false;
  const engine = await kith(null, (owner) => {
    if (owner && standby) print.talk('The other program has ended: this daemon owns the home now.');
    standby = !owner;
  });
  const { locked } = await engine.call('lock.state', {});
  const device = locked ? null : (await engine.call('status', {})).device;
  const socket = socketPath(home);
  if (standby) print.talk('Another program owns this home; this daemon takes over when it ends.');
  if (locked) print.talk('This home is locked: nothing is fetched until `kith unlock`.');
  print.record({ ready: true, home, socket, device, standby, locked }, `kith daemon is ready on ${plainLine(socket)}`);
  await host.ended;
  return 0;
};
