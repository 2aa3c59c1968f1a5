// JSON-RPC 2.0, https://www.jsonrpc.org/specification
import { ERRORS, KithError, type ErrorCode } from '@kith/core/client';

/** Section 5.1; -32000 is the first of the codes left to servers: every KithError, its stable code in `data`. */
export const RPC_ERRORS = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  kith: -32000,
} as const;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly code: string; readonly hint: string };
}
export type RpcId = string | number | null;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isId = (value: unknown): value is RpcId =>
  value === null || typeof value === 'string' || typeof value === 'number';

export const toRpcError = (error: unknown): RpcError =>
  error instanceof KithError
    ? { code: RPC_ERRORS.kith, message: error.message, data: { code: error.code, hint: error.hint } }
    : {
        code: RPC_ERRORS.internal,
        message: ERRORS.internal.message,
        data: { code: 'internal', hint: ERRORS.internal.hint },
      };

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERRORS, code);

/** What the owner of a home answered, as the error that it was there. */
export const fromRpcError = (error: unknown): KithError => {
  if (!isObject(error) || typeof error['message'] !== 'string') return new KithError('internal');
  const data = isObject(error['data']) ? error['data'] : {};
  const code = isErrorCode(data['code']) ? data['code'] : 'internal';
  return new KithError(code, {
    message: error['message'],
    ...(typeof data['hint'] === 'string' ? { hint: data['hint'] } : {}),
  });
};
