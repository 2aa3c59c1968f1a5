import type { ErrorCode } from '@kith/core/client';
import { t } from '../words/index.ts';

export type ProblemCode = ErrorCode;

/** The stable code of whatever a call was rejected with; anything unknown is a fault of ours and says so. */
export function problemOf(error: unknown): ProblemCode {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(t.errors, code) ? (code as ProblemCode) : 'internal';
}
