import { KithError, type Kith } from '@kith/core/client';
import type { EngineWish } from './host.ts';

/** The engine is not part of this version yet. */
export const openEngine = (_wish: EngineWish): Promise<Kith> => Promise.reject(new KithError('not-built'));
