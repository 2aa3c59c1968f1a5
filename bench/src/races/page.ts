// Writes what a run found into docs/races.md, between its marks, and draws it beside it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../yard.ts';
import type { Peer, Work } from './peer.ts';
import type { Result } from './works.ts';

export interface Raced {
  readonly work: Work;
  readonly peer: Peer;
  readonly result: Result;
  /** To the floor in the same run; null where that has nothing of the kind. */
  readonly ratio: number | null;
}
export interface Absent {
  readonly name: string;
  readonly why: string;
}

const BEGIN = '<!-- a run begins -->';
const END = '<!-- a run ends -->';
const ROW = 22;
const LABEL = 190;
const WIDTH = 1040;
/** For what a peer does, in small letters of some 4.4. */
const NOTE = 450;
/** Decades that are drawn, from the lowest ratio on. */
const LOWEST = -5;
const HIGHEST = 1;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const digits = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

const partOf = ({ work, result }: Raced): string => `${work} ${result.part}`;
const doesNot = ({ encrypts, keeps, orders }: Peer): string =>
  `encrypts: ${encrypts}; keeps: ${keeps}; orders: ${orders}`;

/** A bar for each peer and part, by the decade of its ratio to the floor, and beside it what the peer does. */
export const draw = (raced: readonly Raced[]): string => {
  const parts = [...new Set(raced.map(partOf))];
  const lines: string[] = [];
  let y = 30;
  const span = WIDTH - LABEL - NOTE - 8;
  const x = (ratio: number): number => {
    const at = Math.min(HIGHEST, Math.max(LOWEST, Math.log10(ratio)));
    return LABEL + (span * (at - LOWEST)) / (HIGHEST - LOWEST);
  };
  for (const part of parts) {
    y += 12;
    lines.push(`<text x="8" y="${y + 12}" font-weight="bold">${escape(part)}</text>`);
    y += ROW;
    for (const one of raced.filter((each) => partOf(each) === part)) {
      if (one.ratio === null) continue;
      const isOwn = one.peer.name.startsWith('kith');
      const end = x(one.ratio);
      lines.push(
        `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escape(one.peer.name)}</text>`,
        `<rect x="${LABEL}" y="${y + 3}" width="${(end - LABEL).toFixed(1)}" height="${ROW - 8}" fill="${isOwn ? '#2b6cb0' : '#a0aec0'}"/>`,
        `<text x="${end + 6}" y="${y + 14}">${digits(one.ratio)}</text>`,
        `<text x="${WIDTH - NOTE + 40}" y="${y + 14}" font-size="9" fill="#555">${escape(doesNot(one.peer))}</text>`,
      );
      y += ROW;
    }
  }
  const height = y + 16;
  const grid = Array.from({ length: HIGHEST - LOWEST + 1 }, (_, i) => {
    const at = x(10 ** (LOWEST + i));
    const isFloor = LOWEST + i === 0;
    return `<line x1="${at}" y1="24" x2="${at}" y2="${height - 8}" stroke="${isFloor ? '#c53030' : '#e2e8f0'}"/><text x="${at}" y="16" text-anchor="middle">${isFloor ? '1 (floor-ws)' : `1e${LOWEST + i}`}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${[...grid, ...lines].join('\n')}
</svg>
`;
};

export const table = (raced: readonly Raced[]): string => {
  const rows = raced.map((one) => {
    const { peer, result, ratio } = one;
    const cells = [
      partOf(one),
      peer.name,
      `${digits(result.value)} ${result.unit}`,
      ratio === null ? '' : digits(ratio),
      result.unit === 'KiB' ? '' : `${digits(result.serverCpu)} + ${digits(result.clientCpu)}`,
      result.p50 === null ? '' : `${digits(result.p50)} / ${digits(result.p99 ?? 0)}`,
      peer.durability ?? 'none',
      doesNot(peer),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| work | who | value | to floor-ws | processor us: servers + clients | p50 / p99 ms | an acknowledgement survives | what it does |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
};

export const writePage = (
  raced: readonly Raced[],
  absent: readonly Absent[],
  command: string,
  before: number,
): void => {
  const file = join(root, 'docs/races.md');
  const page = readFileSync(file, 'utf8');
  const [head, tail] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (head < 0 || tail < head) throw new Error(`${file} has no marks for a run`);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const processor = cpus();
  const run = `${BEGIN}

${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, \`${command}\`, after commit ${commit}; ${processor.length} x ${processor[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}. Load of the machine before ${before.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}${before > 1 ? ': **other work ran beside it; rates are too low and ratios wander**' : ''}.

![ratios to floor-ws](races.svg)

${table(raced)}

Not here: ${absent.map(({ name, why }) => `${name} (${why})`).join('; ') || 'nobody'}.

`;
  writeFileSync(file, page.slice(0, head) + run + page.slice(tail));
  writeFileSync(join(root, 'docs/races.svg'), draw(raced));
};
