import { plainLine } from '../print/plain.ts';
import { socketPath } from '../home/socket.ts';
import type { Action } from '../table/spec.ts';

export const daemon: Action = async ({ print, host, home, kith }) => {
  let standby = false;
  const engine = await kith(null, (owner) => {
    if (owner && standby) print.talk('The other program has ended: this daemon owns the home now.');
    standby = !owner;
  });
  const { device } = await engine.call('status', {});
  const socket = socketPath(home);
  if (standby) print.talk('Another program owns this home; this daemon takes over when it ends.');
  print.record({ ready: true, home, socket, device, standby }, `kith daemon is ready on ${plainLine(socket)}`);
  await host.ended;
  return 0;
};
