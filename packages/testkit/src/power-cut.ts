// The power goes while a device writes: in the middle of a transaction, which then never was, or after its end and before
// anything of it was told to anyone.
import type { Store } from '@kith/core/ports';

export class PowerCut extends Error {
  constructor() {
    super('the power went');
    this.name = 'PowerCut';
  }
}
export interface PowerSwitch {
  store(inner: Store): Store;
  /** At the write with this number from now on; `atEnd`: when the transaction it belongs to is on the disk. */
  arm(writes: number, atEnd: boolean): void;
}
export const powerSwitch = (): PowerSwitch => {
  let left = Number.POSITIVE_INFINITY;
  let atEnd = false;
  const write = (): void => {
    left--;
    if (left > 0 || atEnd) return;
    left = Number.POSITIVE_INFINITY;
    throw new PowerCut();
  };
  return {
    arm: (writes, end) => {
      left = writes;
      atEnd = end;
    },
    store: (inner) => ({
      ...inner,
      put: (table, key, value) => {
        write();
        inner.put(table, key, value);
      },
      delete: (table, key) => {
        write();
        inner.delete(table, key);
      },
      transaction: (work) => {
        const result = inner.transaction(work);
        if (left <= 0) {
          left = Number.POSITIVE_INFINITY;
          throw new PowerCut();
        }
        return result;
      },
    }),
  };
};
