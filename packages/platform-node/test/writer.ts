// A process of its own for the crash tests: opens a home, says so, and writes transactions of 1 to 20 records that belong
// together. Each is reported after it was committed, so that whoever kills this process knows what must be there.
import { uint32 } from '@kith/core/bytes';
import { StoreError } from '@kith/core/ports';
import { openHome } from '../src/home.ts';

const [dir, first] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const write = (): void => {
  const home = openHome(dir as string);
  say('open');
  for (let round = Number(first); ; round++) {
    home.store.transaction(() => {
      for (let i = 0; i < 1 + (round % 20); i++) {
        const place = new Uint8Array([...uint32(round), i]);
        home.store.put('content', place, new Uint8Array(100 + ((round * 37) % 3_000)).fill(round));
        home.store.indexText(place, `round${round} word${i}`);
      }
      home.store.put('meta', Uint8Array.of(1), uint32(round));
    });
    say(String(round));
  }
};

try {
  write();
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  say(error.kind);
}
