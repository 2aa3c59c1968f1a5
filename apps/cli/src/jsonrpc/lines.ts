// One object a line: the framing of the socket and of stdio.

/** The longest line that is taken: a text of 64 KiB whose every byte is escaped, or a picture, with room to spare. */
export const MOST_LINE_BYTES = 1 << 20;

const LINE_FEED = 0x0a;

/** Cuts a stream of bytes into lines. `onLine` gets null for a line that is too long or not UTF-8. */
export class LineSplitter {
  readonly #onLine: (line: string | null) => void;
  readonly #most: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(onLine: (line: string | null) => void, most = MOST_LINE_BYTES) {
    this.#onLine = onLine;
    this.#most = most;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#keep(chunk.subarray(from, end));
      this.#flush();
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** The stream is over: what stands without a line end counts as a line. */
  end(): void {
    if (this.#length > 0) this.#flush();
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    // Of a line that is too long only its length is kept.
    if (this.#length > this.#most) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #flush(): void {
    const tooLong = this.#length > this.#most;
    const line = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#onLine(tooLong ? null : this.#decode(line));
  }

  #decode(line: Uint8Array): string | null {
    try {
      return this.#decoder.decode(line);
    } catch {
      // The decoder's only way to say that bytes are not UTF-8.
      return null;
    }
  }
}
