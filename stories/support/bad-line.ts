// A line between clients and a relay that can be bad in every way: TCP with the WebSocket messages in it. What it does to a
// connection is drawn from a seed; nothing here changes a byte of what arrives.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What connections meet at the moment. */
export interface Weather {
  /** Every piece waits up to this long; pieces of one direction stay in their order. */
  readonly delayMs?: number;
  /** WebSocket messages overtake each other while they wait. */
  readonly mixed?: boolean;
  /** Bytes a second of each direction of a connection. */
  readonly bytesPerSecond?: number;
  /** Each piece is, so often, the last one of its connection: some of it passes, then both ends see it closed. */
  readonly cut?: number;
  /** From now on nothing passes; the connection itself stays, also afterwards, as after a router that forgot it. */
  readonly silent?: 'both' | 'up' | 'down';
  /** New connections are closed at once. */
  readonly closed?: boolean;
}
export const FAIR: Weather = {};

/** Splits what one direction of a WebSocket brings into its messages (RFC 6455, section 5.2); before that, and of HTTP, into pieces. */
export class Pieces {
  #rest = Buffer.alloc(0);
  #kind: 'unknown' | 'http' | 'websocket' = 'unknown';
  get areMessages(): boolean {
    return this.#kind === 'websocket';
  }
  take(data: Buffer): readonly Buffer[] {
    if (this.#kind === 'http') return [data];
    this.#rest = Buffer.concat([this.#rest, data]);
    const out: Buffer[] = [];
    if (this.#kind === 'unknown') {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return [];
      this.#kind = /^upgrade: *websocket/im.test(this.#rest.toString('latin1', 0, end)) ? 'websocket' : 'http';
      const head = this.#kind === 'http' ? this.#rest.length : end + 4;
      out.push(this.#cutOff(head));
    }
    for (let length = messageLength(this.#rest); length !== undefined; length = messageLength(this.#rest))
      out.push(this.#cutOff(length));
    return out;
  }
  #cutOff(length: number): Buffer {
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return piece;
  }
}

/** Of the whole message at the start: its frames up to the one that ends it. Undefined: more is needed to tell. */
const messageLength = (data: Buffer): number | undefined => {
  for (let at = 0; ;) {
    const first = data[at];
    const second = data[at + 1];
    if (first === undefined || second === undefined) return undefined;
    const short = second & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (data.length < at + 2 + extra) return undefined;
    const payload =
      extra === 0 ? short : extra === 2 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
    at += 2 + extra + (second >= 128 ? 4 : 0) + payload;
    if (data.length < at) return undefined;
    if (first >= 128) return at;
  }
};

interface Waiting {
  readonly due: number;
  readonly data: Buffer;
  readonly last: boolean;
}
/** One direction of one connection. */
class Direction {
  readonly #line: BadLine;
  readonly #to: Socket;
  readonly #way: 'up' | 'down';
  readonly #end: () => void;
  readonly #pieces = new Pieces();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the last piece goes, and until when the line is busy with it. */
  #lastDue = 0;
  #busyUntil = 0;
  isSilent = false;
  constructor(line: BadLine, way: 'up' | 'down', to: Socket, end: () => void) {
    this.#line = line;
    this.#way = way;
    this.#to = to;
    this.#end = end;
  }
  take(data: Buffer): void {
    const { weather, random } = this.#line;
    if (weather.silent === 'both' || weather.silent === this.#way) this.silence();
    if (this.isSilent) return;
    for (const piece of this.#pieces.take(data)) {
      const now = performance.now();
      const { delayMs = 0, bytesPerSecond, cut = 0, mixed } = weather;
      let due = now + (delayMs === 0 ? 0 : random(delayMs));
      if (mixed !== true || !this.#pieces.areMessages) due = Math.max(due, this.#lastDue);
      this.#lastDue = Math.max(due, this.#lastDue);
      if (bytesPerSecond !== undefined) {
        this.#busyUntil = Math.max(this.#busyUntil, now) + (piece.length / bytesPerSecond) * 1000;
        due = Math.max(due, this.#busyUntil);
        this.#lastDue = Math.max(due, this.#lastDue);
      }
      const last = cut > 0 && random(1_000_000) < cut * 1_000_000;
      this.#line.passed.pieces++;
      if (this.#waiting.some((other) => other.due > due)) this.#line.passed.overtaken++;
      if (last) this.#line.passed.cut++;
      this.#waiting.push({ due, data: last ? piece.subarray(0, random(piece.length)) : piece, last });
    }
    this.#waiting.sort((a, b) => a.due - b.due);
    this.#pass();
  }
  silence(): void {
    if (!this.isSilent) this.#line.passed.silenced++;
    this.isSilent = true;
    this.stop();
  }
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }
  #pass(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pass(), Math.ceil(wait));
        return;
      }
      this.#waiting.shift();
      this.#to.write(next.data);
      if (next.last) {
        this.#end();
        return;
      }
    }
  }
}

export class BadLine {
  weather: Weather = FAIR;
  /** Where the relay is. */
  target: number;
  readonly random: (most: number) => number;
  readonly passed = { connections: 0, pieces: 0, overtaken: 0, cut: 0, silenced: 0, refused: 0 };
  readonly #server: Server;
  readonly #passages = new Set<{ readonly ends: () => void; readonly silence: () => void }>();

  private constructor(target: number, random: (most: number) => number) {
    this.target = target;
    this.random = random;
    this.#server = createServer((client) => this.#accept(client));
  }
  static async open(target: number, random: (most: number) => number): Promise<BadLine> {
    const line = new BadLine(target, random);
    await new Promise<void>((resolve) => void line.#server.listen(0, '127.0.0.1', () => resolve()));
    return line;
  }
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }
  /** From now on; what is silent falls silent for connections that are open already, too. */
  set(weather: Weather): void {
    this.weather = weather;
    if (weather.silent === 'both') for (const { silence } of this.#passages) silence();
    if (weather.closed === true) this.cutAll();
  }
  cutAll(): void {
    for (const { ends } of this.#passages) ends();
  }
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.cutAll();
    await closed;
  }

  #accept(client: Socket): void {
    this.passed.connections++;
    if (this.weather.closed === true) {
      this.passed.refused++;
      client.on('error', () => undefined);
      client.destroy();
      return;
    }
    const relay = connect(this.target, '127.0.0.1');
    const ends = (): void => {
      this.#passages.delete(passage);
      for (const direction of [up, down]) direction.stop();
      // What was written before goes out first; then it is closed without a word of WebSocket.
      for (const socket of [client, relay]) socket.destroySoon();
    };
    const up = new Direction(this, 'up', relay, ends);
    const down = new Direction(this, 'down', client, ends);
    const passage = {
      ends,
      silence: () => {
        up.silence();
        down.silence();
      },
    };
    this.#passages.add(passage);
    for (const [socket, onwards] of [
      [client, up],
      [relay, down],
    ] as const) {
      socket.setNoDelay(true);
      // `close` follows. Where nothing passes, the other end does not hear of it either.
      socket.on('error', () => undefined);
      for (const over of ['end', 'close']) socket.on(over, () => (onwards.isSilent ? undefined : ends()));
    }
    client.on('data', (data: Buffer) => up.take(data));
    relay.on('data', (data: Buffer) => down.take(data));
  }
}
