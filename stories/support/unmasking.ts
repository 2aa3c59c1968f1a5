/** Takes the mask off the WebSocket frames of a client (RFC 6455, section 5.3), as they pass; all else stays as it is. */
export class Unmasking {
  #isWebSocket = false;
  #head = Buffer.alloc(0);
  #mask: Buffer = Buffer.alloc(4);
  #left = 0;
  #at = 0;

  take(data: Buffer): Buffer {
    const out: Buffer[] = [];
    let rest: Buffer = data;
    if (!this.#isWebSocket) {
      this.#head = Buffer.concat([this.#head, data]);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0 || !/^upgrade: *websocket/im.test(this.#head.subarray(0, end).toString('latin1'))) {
        // An HTTP connection may be upgraded by a later request.
        if (end >= 0) this.#head = Buffer.from(this.#head.subarray(end + 4));
        return data;
      }
      this.#isWebSocket = true;
      rest = this.#head.subarray(end + 4);
      out.push(data.subarray(0, data.length - rest.length));
      this.#head = Buffer.alloc(0);
    }
    while (rest.length > 0) {
      if (this.#left === 0) {
        this.#head = Buffer.concat([this.#head, rest]);
        const size = headSize(this.#head);
        if (size === undefined || this.#head.length < size) break;
        const length = (this.#head[1] as number) & 127;
        this.#left =
          length === 126 ? this.#head.readUInt16BE(2) : length === 127 ? Number(this.#head.readBigUInt64BE(2)) : length;
        this.#mask = Buffer.from(this.#head.subarray(size - 4, size));
        this.#at = 0;
        rest = this.#head.subarray(size);
        this.#head = Buffer.alloc(0);
        continue;
      }
      const part = Buffer.from(rest.subarray(0, this.#left));
      for (let i = 0; i < part.length; i++) part[i] = (part[i] as number) ^ (this.#mask[(this.#at + i) & 3] as number);
      this.#at += part.length;
      this.#left -= part.length;
      out.push(part);
      rest = rest.subarray(part.length);
    }
    return Buffer.concat(out);
  }
}

/** With the mask; undefined: more bytes are needed to tell. */
const headSize = (head: Buffer): number | undefined => {
  const second = head[1];
  if (second === undefined) return undefined;
  const length = second & 127;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + 4;
};
