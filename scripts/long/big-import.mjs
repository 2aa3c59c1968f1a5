// An export file of 2 GB, in and out again: `npm run long -- big-import [--bytes N] [--most MIB]`. Damaged in its last line and cut
// off at its end it has to leave the home as it was; whole it has to come in, be found, and go out again with the same lines, and
// no process may hold more than a small part of it. Ends with one JSON line; exit 1 when anything of that did not hold.
import { createHash } from 'node:crypto';
import { createReadStream, openSync, closeSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { build, Stage } from '../../apps/cli/test/support/processes.ts';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 31) },
    most: { type: 'string', default: '512' },
  },
});
const BYTES = Number(values.bytes);
const MIB = 2 ** 20;
/** Of ten lines one is long: as many bytes as a file of years has, and as many lines. */
const LONG_WORDS = 1_600;
const SHORT_WORDS = 8;

/** What lines say depends on their number alone. */
const textOf = (n) => {
  const words = [`line${n}`];
  const count = n % 10 === 9 ? LONG_WORDS : SHORT_WORDS;
  for (let i = 0; i < count; i++)
    words.push(`word${((n * 7919 + i * 104_729) % 99_991).toString(36).padStart(20, 'o')}`);
  return words.join(' ');
};
const lineOf = (n) =>
  `${JSON.stringify({ event: `e${n}`, conversation: 'big', author: 'bob', authorName: 'Bob', mine: false, kind: 'text', text: textOf(n), sentAt: new Date(1_600_000_000_000 + n * 1_000).toISOString() })}\n`;
const says = (hash, event, text) => hash.update(`${event} ${text}\n`);

/** Writes as much as was asked for, a mebibyte at a time; tells how many lines there are, and what they say. */
const generate = (path, bytes) => {
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  let written = writeSync(
    file,
    `${JSON.stringify({ kith: 'export', version: 1, conversations: [{ conversation: 'big', name: 'Bob' }] })}\n`,
  );
  let lines = 0;
  while (written < bytes) {
    let piece = '';
    while (piece.length < MIB) {
      says(hash, `e${lines}`, textOf(lines));
      piece += lineOf(lines++);
    }
    written += writeSync(file, piece);
  }
  closeSync(file);
  return { lines, hash: hash.digest('hex') };
};
const read = async (path) => {
  const hash = createHash('sha256');
  let lines = -1;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (++lines === 0) continue;
    const line = JSON.parse(text);
    says(hash, line.event, line.text);
  }
  return { lines, hash: hash.digest('hex') };
};

/** The most that one of a command's processes held, in MiB, as the kernel counts it. */
const most = (pid) => {
  try {
    const own = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return Math.max(own, ...children.map(most));
  } catch (error) {
    // It has ended between two looks.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0;
    throw error;
  }
};
const stage = new Stage();
const run = async (...argv) => {
  const started = performance.now();
  const process = stage.start(['--home', join(stage.folder, 'home'), '--json', ...argv]);
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, most(process.child.pid))), 100);
  const ended = await process.ended;
  clearInterval(look);
  return { ...ended, seconds: Math.round((performance.now() - started) / 1000), peak: Math.round(peak) };
};

const wrong = [];
const expect = (what, fits, found) => {
  console.error(`${fits ? 'ok' : 'WRONG'}: ${what}${fits ? '' : `: ${JSON.stringify(found)}`}`);
  if (!fits) wrong.push(what);
};
try {
  build();
  const [small, big, out] = ['small.jsonl', 'big.jsonl', 'out.jsonl'].map((name) => join(stage.folder, name));
  generate(small, MIB);
  const first = await run('import', small);
  expect('a small file comes in', first.status === 0, first.err);
  const before = await run('export', join(stage.folder, 'before.jsonl'), '--plain');
  const made = generate(big, BYTES);
  const { size } = statSync(big);

  const tail = openSync(big, 'a');
  writeSync(tail, '{"event":"e');
  closeSync(tail);
  const malformed = await run('import', big);
  expect(
    'malformed in its last line: refused by its number',
    malformed.one.error?.code === 'bad-import' && malformed.one.error.message.startsWith(`Line ${made.lines + 2} `),
    malformed.one,
  );
  truncateSync(big, size - 40);
  const cut = await run('import', big);
  expect(
    'cut off: refused by its number',
    cut.one.error?.code === 'bad-import' && cut.one.error.message.startsWith(`Line ${made.lines + 1} `),
    cut.one,
  );
  const kept = await run('export', join(stage.folder, 'kept.jsonl'), '--plain');
  expect(
    'what was there is as it was',
    kept.one.events === before.one.events &&
      (await read(join(stage.folder, 'kept.jsonl'))).hash === (await read(join(stage.folder, 'before.jsonl'))).hash,
    kept.one,
  );

  const whole = generate(big, BYTES);
  const taken = await run('import', big);
  expect('whole it comes in', taken.status === 0 && taken.one.lines === whole.lines, taken.one);
  const found = await run('search', `line${whole.lines - 1}`);
  expect('its last line is found', found.lines.length === 1 && found.one.mark === 'imported', found.lines.length);
  const exported = await run('export', out, '--plain');
  const again = await read(out);
  expect(
    'and all of it goes out again',
    exported.status === 0 && again.lines === whole.lines && again.hash === whole.hash,
    again,
  );
  const peaks = {
    small: first.peak,
    malformed: malformed.peak,
    cut: cut.peak,
    import: taken.peak,
    export: exported.peak,
  };
  expect(
    `no process held more than ${values.most} MiB`,
    Object.values(peaks).every((peak) => peak > 0 && peak <= Number(values.most)),
    peaks,
  );
  console.log(
    JSON.stringify({
      long: 'big-import',
      bytes: size,
      lines: whole.lines,
      peakMiB: peaks,
      seconds: { malformed: malformed.seconds, import: taken.seconds, export: exported.seconds },
      wrong,
    }),
  );
} finally {
  await stage.close();
}
process.exit(wrong.length > 0 ? 1 : 0);
