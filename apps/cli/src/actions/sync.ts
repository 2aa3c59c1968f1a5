import type { Action } from '../table/spec.ts';

/** A sync ends by itself; past this it hangs. */
const GRACE_MS = 12_000;

export const sync: Action = async ({ input, print, kith }) => {
  const seconds = input.seconds('for');
  const forMs = seconds === undefined ? undefined : Math.round(seconds * 1000);
  const engine = await kith(forMs === undefined ? null : forMs + GRACE_MS);
  const { sent, received, pending } = await engine.call('sync', forMs === undefined ? {} : { forMs });
  print.record({ sent, received, pending }, `Sent ${sent}, received ${received}, ${pending} not yet delivered.`);
  return 0;
};
