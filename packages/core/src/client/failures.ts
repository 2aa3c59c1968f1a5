import { StoreError } from '../ports/index.ts';
import { KithError, type ErrorCode } from './errors.ts';

const STORE_CODES: Readonly<Record<StoreError['kind'], ErrorCode>> = {
  full: 'disk-full',
  io: 'disk-failed',
  newer: 'newer-home',
  key: 'damaged-home',
  busy: 'home-busy',
  locked: 'locked',
};

/** What a caller is told of anything thrown: of an unexpected exception only that there was one. */
export const toKithError = (error: unknown): KithError => {
  if (error instanceof KithError) return error;
  return new KithError(error instanceof StoreError ? STORE_CODES[error.kind] : 'internal');
};
