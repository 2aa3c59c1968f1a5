/** Why a relay did not start: one line, and the next step. */
export class RelayStartError extends Error {
  readonly code: 'port' | 'data' | 'in-use' | 'damaged' | 'config' | 'web';
  readonly hint: string;
  constructor(code: RelayStartError['code'], message: string, hint: string) {
    super(message);
    this.name = 'RelayStartError';
    this.code = code;
    this.hint = hint;
  }
}
