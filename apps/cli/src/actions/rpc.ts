import { Door } from '../jsonrpc/door.ts';
import { LineSplitter } from '../jsonrpc/lines.ts';
import type { Action } from '../table/spec.ts';

export const rpc: Action = async ({ host, kith }) => {
  const door = new Door(await kith(null), (line) => host.out(line));
  door.listen(true);
  const lines = new LineSplitter((line) => door.take(line));
  const read = async (): Promise<void> => {
    for await (const chunk of host.stdin()) lines.push(chunk);
    lines.end();
    await door.idle();
  };
  await Promise.race([read(), host.ended]);
  door.listen(false);
  return 0;
};
