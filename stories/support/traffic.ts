// What a recorded connection says: heads of HTTP and, after an upgrade, WebSocket messages (RFC 6455, section 5.2).
export interface Head {
  /** Method and path, or status. */
  readonly line: string;
  readonly headers: ReadonlyMap<string, string>;
}
export interface Said {
  readonly heads: readonly Head[];
  /** Payloads of binary messages. */
  readonly messages: readonly Buffer[];
  /** Bytes that are neither: bodies of HTTP, other kinds of frames. */
  readonly other: readonly Buffer[];
}

const BINARY = 2;
const CONTINUED = 0;
/** Close, ping and pong: the protocol's own. */
const isControl = (opcode: number): boolean => opcode >= 8;

/** One direction of one connection. A frame that is not whole yet is left out. */
export const readTraffic = (bytes: Buffer): Said => {
  const heads: Head[] = [];
  const other: Buffer[] = [];
  let at = 0;
  let isWebSocket = false;
  while (!isWebSocket && at < bytes.length) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [line = '', ...fields] = bytes.toString('latin1', at, end).split('\r\n');
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    heads.push({ line, headers });
    at = end + 4;
    isWebSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
    const length = Number(headers.get('content-length') ?? 0);
    if (length > 0) other.push(bytes.subarray(at, at + length));
    at += length;
  }
  const messages: Buffer[] = [];
  let parts: Buffer[] = [];
  while (isWebSocket && at + 2 <= bytes.length) {
    const first = bytes.readUInt8(at);
    const second = bytes.readUInt8(at + 1);
    const short = second & 127;
    const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskBytes = second >= 128 ? 4 : 0;
    const begins = at + 2 + sizeBytes + maskBytes;
    if (begins > bytes.length) break;
    const length =
      sizeBytes === 0 ? short : sizeBytes === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (begins + length > bytes.length) break;
    const payload = Buffer.from(bytes.subarray(begins, begins + length));
    const mask = bytes.subarray(begins - maskBytes, begins);
    if (maskBytes > 0) for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (mask[i & 3] as number);
    at = begins + length;
    const opcode = first & 15;
    if (isControl(opcode)) continue;
    if (opcode !== BINARY && opcode !== CONTINUED) other.push(payload);
    else {
      parts.push(payload);
      if (first >= 128) {
        messages.push(Buffer.concat(parts));
        parts = [];
      }
    }
  }
  return { heads, messages, other };
};
