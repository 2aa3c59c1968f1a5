// What a run of worlds reached: counts by name, and in how many worlds each stood above zero.
export class Tally {
  readonly #counts = new Map<string, { total: number; worlds: number }>();
  #world = new Map<string, number>();

  count(name: string, by = 1): void {
    if (by > 0) this.#world.set(name, (this.#world.get(name) ?? 0) + by);
  }
  get(name: string): number {
    return this.#world.get(name) ?? 0;
  }
  /** The counts of one world, to be added elsewhere. */
  take(): ReadonlyMap<string, number> {
    const world = this.#world;
    this.#world = new Map();
    return world;
  }
  add(world: Iterable<readonly [string, number]>): void {
    for (const [name, by] of world) {
      const entry = this.#counts.get(name) ?? { total: 0, worlds: 0 };
      this.#counts.set(name, { total: entry.total + by, worlds: entry.worlds + 1 });
    }
  }
  totals(): ReadonlyMap<string, { readonly total: number; readonly worlds: number }> {
    return this.#counts;
  }
}
