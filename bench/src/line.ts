// What `npm run bench` prints: one JSON object a line, each a race of two values of the same run.

export interface Line {
  readonly bench: string;
  readonly metric: string;
  /** Kith's. */
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  /** The peer's, measured in the same run; null where the peer has nothing of the kind. */
  readonly peerValue: number | null;
  /** value / peerValue. */
  readonly ratio: number | null;
  readonly better: 'higher' | 'lower';
  /** What an acknowledgement stands for: survives kill -9, or power loss. Null where nothing is kept. */
  readonly durability: 'process' | 'power' | null;
}

/** `load`: how busy the machine was with other things; on stderr beside the lines, never in them. */
export type Print = (line: Omit<Line, 'bench' | 'ratio'>) => void;

const figures = (value: number): number => Number(value.toPrecision(4));

export const printer =
  (bench: string): Print =>
  ({ metric, value, unit, peer, peerValue, better, durability }) => {
    const ratio = peerValue === null || peerValue === 0 ? null : figures(value / peerValue);
    const line: Line = {
      bench,
      metric,
      value: figures(value),
      unit,
      peer,
      peerValue: peerValue === null ? null : figures(peerValue),
      ratio,
      better,
      durability,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };

/** For people who watch: progress, and what is missing. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);
