/** Counts for the operator, in the text format of Prometheus. Numbers only: no address, tag or place is ever a label. */
export interface Metrics {
  /** `label`: one of a fixed set of words. */
  count(name: string, label?: readonly [string, string], by?: number): void;
  text(gauges: Readonly<Record<string, number>>): string;
}

export const createMetrics = (): Metrics => {
  const counters = new Map<string, Map<string, number>>();
  return {
    count: (name, label, by = 1) => {
      const series = counters.get(name) ?? new Map<string, number>();
      counters.set(name, series);
      const key = label === undefined ? '' : `{${label[0]}="${label[1]}"}`;
      series.set(key, (series.get(key) ?? 0) + by);
    },
    text: (gauges) => {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(`# TYPE kith_relay_${name} counter`);
        for (const [label, value] of series) lines.push(`kith_relay_${name}${label} ${value}`);
      }
      for (const [name, value] of Object.entries(gauges)) {
        lines.push(`# TYPE kith_relay_${name} gauge`, `kith_relay_${name} ${value}`);
      }
      return `${lines.join('\n')}\n`;
    },
  };
};
