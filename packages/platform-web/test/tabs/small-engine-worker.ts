// An engine of a few methods over the real store, to test the way to it. It counts its starts in the generation.
import { KithError, type Change, type Kith, type Method } from '@kith/core/client';
import { uint32, utf8, utf8ToText } from '@kith/core/bytes';
import { createLibsodium } from '@kith/core/crypto/libsodium';
import { hostEngine, type WebParts } from '../../src/engine-host.ts';

const smallKith = ({ store, generation, relays }: WebParts): Kith => {
  const starts = generation.read() + 1;
  generation.write(starts);
  const listeners = new Set<(change: Change) => void>();
  const texts = (): readonly string[] => store.scan('message').map(({ value }) => utf8ToText(value) ?? '');
  const answer = (method: Method, params: Readonly<Record<string, unknown>>): unknown => {
    switch (method) {
      case 'send': {
        const count = texts().length;
        store.transaction(() => {
          store.put('message', uint32(count), utf8(String(params.text)));
          store.indexText(uint32(count), String(params.text));
        });
        for (const listener of listeners) listener({ type: 'conversation', conversation: String(count) });
        return { event: String(count), state: 'waiting' };
      }
      case 'log':
        return texts();
      case 'search':
        return store.search(String(params.query), 99).length;
      case 'status':
        return { starts, relays };
      case 'contact.list':
        return [{ conversation: 'first' }];
      // A read and a write that the first engine never answers.
      case 'sync':
        return starts === 1 ? new Promise(() => undefined) : { starts };
      case 'draft.set':
        return new Promise(() => undefined);
      default:
        throw new KithError('not-built');
    }
  };
  return {
    call: async (method, params) => (await answer(method, params as Record<string, unknown>)) as never,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => Promise.resolve(),
  };
};

hostEngine((parts) => Promise.resolve(smallKith(parts)), createLibsodium);
