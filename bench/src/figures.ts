/** The value below which `part` of the samples lie. */
export const quantile = (samples: readonly number[], part: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  if (value === undefined) throw new Error('no samples');
  return value;
};
export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Milliseconds on the machine's one monotonic clock: comparable between processes. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Runs the racers in turn, `rounds` times: what else the machine does meets them alike. Medians of each. */
export const inTurn = async <T extends readonly (() => number | Promise<number>)[]>(
  rounds: number,
  ...racers: T
): Promise<{ [K in keyof T]: number }> => {
  const times: number[][] = racers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, racer] of racers.entries()) times[i]?.push(await racer());
  }
  return times.map(median) as { [K in keyof T]: number };
};
