/** Number of single-letter changes between two words. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The known word nearest to a mistyped one, when it is near enough to be meant. */
export const nearest = (typed: string, known: readonly string[]): string | undefined => {
  if (typed.length > 40) return undefined;
  let best: string | undefined;
  // Two letters that changed places count as two changes.
  let bestDistance = (typed.length < 4 ? 1 : Math.max(2, Math.floor(typed.length / 3))) + 1;
  for (const word of known) {
    const steps = distance(typed, word);
    if (steps < bestDistance) [best, bestDistance] = [word, steps];
  }
  return best;
};
