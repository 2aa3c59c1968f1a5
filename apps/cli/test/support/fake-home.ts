import { KithError, type Kith } from '@kith/core/client';
import { FakeKith } from './fake-kith.ts';

/** A home that one at a time may hold, as the lock of a real one has it. */
export class FakeHome {
  readonly kith = new FakeKith();
  held = false;
  /** How often somebody became its owner. */
  owners = 0;

  readonly openEngine = async (): Promise<Kith> => {
    if (this.held) throw new KithError('home-busy');
    this.held = true;
    this.owners++;
    return {
      call: (method, params) => this.kith.call(method, params),
      onChange: (listener) => this.kith.onChange(listener),
      close: async () => void (this.held = false),
    };
  };
}
