import type { Clock } from '@kith/core/ports';
import { describe, expect, test } from 'vitest';

export interface ClockHarness {
  open(): Clock;
  /** Lets time pass until the condition holds. */
  until(clock: Clock, condition: () => boolean): Promise<void>;
}

export const clockContract = (name: string, harness: ClockHarness): void => {
  describe(`clock contract: ${name}`, () => {
    test('a callback runs once, not before its time, and never while it is asked for', async () => {
      const clock = harness.open();
      const asked = clock.now();
      const ran: number[] = [];
      clock.after(20, () => ran.push(clock.now()));
      clock.after(0, () => ran.push(clock.now()));
      clock.after(-5, () => ran.push(clock.now()));
      expect(ran).toEqual([]);
      await harness.until(clock, () => clock.now() > asked + 60);
      expect(ran).toHaveLength(3);
      // Timers of some platforms count from a rounded millisecond.
      expect(ran.at(-1)).toBeGreaterThanOrEqual(asked + 19);
    });

    test('what is called off does not run, also twice, also afterwards', async () => {
      const clock = harness.open();
      const ran: string[] = [];
      const off = clock.after(5, () => ran.push('off'));
      const done = clock.after(5, () => ran.push('done'));
      off();
      off();
      await harness.until(clock, () => ran.length > 0);
      done();
      const asked = clock.now();
      await harness.until(clock, () => clock.now() > asked + 20);
      expect(ran).toEqual(['done']);
    });

    test('a wait of months neither fires at once nor keeps from calling it off', async () => {
      const clock = harness.open();
      const ran: string[] = [];
      const off = clock.after(60 * 24 * 3_600_000, () => ran.push('months'));
      const asked = clock.now();
      await harness.until(clock, () => clock.now() > asked + 20);
      expect(ran).toEqual([]);
      off();
    });
  });
};
