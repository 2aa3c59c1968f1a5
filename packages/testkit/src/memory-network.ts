// Any number of relays in memory, made of the relay's own rules, behind a network that loses, delays, repeats and
// reorders. Everything happens on one simulated clock and from one seed; nothing inside is a promise.
import { decode, encode, type Codec } from '@kith/core/codec';
import { Secret, type Crypto, type SigningKey } from '@kith/core/crypto';
import {
  createMemoryCellLog,
  createMemoryPlaceStore,
  createRelayRules,
  DEFAULT_RELAY_LIMITS,
  DEFAULT_RELAY_SETTINGS,
  type RelayRules,
  type RelaySettings,
} from '@kith/core/mailbox';
import {
  relayErrorName,
  relayRequestCodec,
  relayResponseCodec,
  TransportError,
  type CellBucket,
  type CellLog,
  type Clock,
  type PlaceStore,
  type RelayRequest,
  type RelayResponse,
  type Transport,
  type TransportEvent,
} from '@kith/core/ports';
import type { SeededRandomness } from './seeded-randomness.ts';

/** How bad the network is. Chances are 0 to 1 for each message one way; times in milliseconds. */
export interface Weather {
  /** A request or an answer is lost: the asker learns it after the time limit. */
  readonly loss: number;
  /** A pushed cell is lost. */
  readonly pushLoss: number;
  /** A request arrives twice, or a pushed cell does. */
  readonly repeat: number;
  readonly delayMin: number;
  /** Messages overtake each other when this is above `delayMin`. */
  readonly delayMax: number;
}
export const CALM: Weather = { loss: 0, pushLoss: 0, repeat: 0, delayMin: 1, delayMax: 1 };
const TIME_LIMIT_MS = 10_000;
/** Made once: most of the cost of an error is where it came from. */
const NO_ANSWER = new TransportError('unreachable', 'no answer');

/** A live connection, and the way to call off its next attempt. `online`: the relay took what it is to listen to. */
interface Live {
  connection: number | undefined;
  cancel: () => void;
  tries: number;
  online: boolean;
}

/** The stores of a relay: as good as a copy as long as nobody writes to them any more. */
export interface RelayKept {
  readonly log: CellLog;
  readonly places: PlaceStore;
  /** How often another one came to stand at its address. */
  readonly replaced: number;
}
export interface MemoryRelay {
  readonly origin: string;
  /** Refuses connections until `start`; what it keeps stays. */
  stop(): void;
  start(): void;
  /** Loses everything it keeps, and every connection. */
  wipe(): void;
  /** Another one stands at its address: nothing is kept, and its key is a new one. */
  replace(): void;
  /** Its own clock, off by so much. */
  shift(ms: number): void;
  held(): ReturnType<RelayRules['held']>;
  /** What a copy of its disk holds. */
  kept(): RelayKept;
  /** Every cell in its log, in order of arrival within each bucket. */
  cells(): readonly Uint8Array[];
}

/** One device's way into the network. `Transport` for the engine, `send` for code without promises. */
export interface MemoryTransport extends Transport {
  send(relay: string, request: RelayRequest, callback: (answer: RelayResponse | TransportError) => void): void;
  /** Is this device on the network at all? At the start it is. */
  connect(on: boolean): void;
}
export interface MemoryNetwork {
  /** `before`: it begins with a copy of this. */
  relay(origin: string, settings?: Partial<RelaySettings>, before?: RelayKept): MemoryRelay;
  transport(options?: { readonly allowed?: readonly string[] }): MemoryTransport;
  weather(weather: Partial<Weather>): void;
  /** Told of every request that reaches a relay, for oracles and capture. */
  onRequest(listener: (relay: string, request: RelayRequest) => void): void;
}

const bucketsOf = (log: CellLog): readonly { readonly bucket: CellBucket; readonly cells: readonly Uint8Array[] }[] => {
  // A log in memory has one object for each.
  const buckets = new Set<CellBucket>();
  log.visit((bucket) => void buckets.add(bucket));
  return Array.from(buckets, (bucket) => ({
    bucket,
    cells: log.tail(bucket, 0, Number.MAX_SAFE_INTEGER).cells,
  }));
};
const copyOf = (before: RelayKept | undefined): [CellLog, PlaceStore] => {
  const [log, places] = [createMemoryCellLog(), createMemoryPlaceStore()];
  if (before !== undefined) {
    for (const { bucket, cells } of bucketsOf(before.log))
      for (const cell of cells) log.append(bucket, cell, () => undefined);
    before.places.visit((place, record) => void places.put(place, record));
  }
  return [log, places];
};

interface Relay {
  rules: RelayRules;
  running: boolean;
  offset: number;
  log: CellLog;
  places: PlaceStore;
  /** Connection number -> where pushed cells go. */
  readonly connections: Map<number, (cell: Uint8Array) => void>;
  /** Connections of transports that have to learn of its end. */
  readonly ended: Map<number, () => void>;
}

/**
 * Over the codec, so that a simulated world cannot say what the wire cannot carry. Where worlds are many, most may hand
 * their messages over as they are: that is to be all that differs.
 */
const overWire = <T>(codec: Codec<T>, message: T & { readonly type: string }): T => {
  const received = decode(codec, encode(codec, message));
  if (received === undefined) throw new Error(`what the wire cannot carry: ${message.type}`);
  return received;
};

export interface MemoryNetworkOptions {
  /** Where relays have their keys from, when not from `random`. */
  readonly keys?: SeededRandomness;
  /** Default true: everything goes over the codec. */
  readonly wire?: boolean;
}
export const memoryNetwork = (
  clock: Clock,
  random: SeededRandomness,
  crypto: Crypto,
  { keys = random, wire = true }: MemoryNetworkOptions = {},
): MemoryNetwork => {
  const relays = new Map<string, Relay>();
  const listeners: ((relay: string, request: RelayRequest) => void)[] = [];
  let weather = CALM;
  let connectionNumbers = 0;
  const delay = (): number =>
    weather.delayMin + Math.floor(random.fraction() * (weather.delayMax - weather.delayMin + 1));
  const happens = (chance: number): boolean => chance > 0 && random.fraction() < chance;

  const relay: MemoryNetwork['relay'] = (origin, settings = {}, before) => {
    let replaced = before?.replaced ?? 0;
    const drawKey = (): SigningKey =>
      crypto.signingKey(new Secret(keys.fork(replaced === 0 ? origin : `${origin} ${replaced}`).bytes(32)));
    let key = drawKey();
    const whole: RelaySettings = { ...DEFAULT_RELAY_SETTINGS, limits: { ...DEFAULT_RELAY_LIMITS }, ...settings };
    const connections: Relay['connections'] = new Map();
    const ended: Relay['ended'] = new Map();
    const push = (targets: readonly number[], cell: Uint8Array): void => {
      for (const target of targets) connections.get(target)?.(cell);
    };
    const rulesOver = (log: CellLog, places: PlaceStore): Pick<Relay, 'rules' | 'log' | 'places'> => ({
      rules: createRelayRules({ crypto, key, log, places, push }, whole),
      log,
      places,
    });
    const entry: Relay = {
      ...rulesOver(...copyOf(before)),
      running: true,
      offset: 0,
      connections,
      ended,
    };
    relays.set(origin, entry);
    const hangUp = (): void => {
      const all = [...ended.values()];
      connections.clear();
      ended.clear();
      for (const end of all) end();
    };
    return {
      origin,
      stop: () => {
        entry.running = false;
        hangUp();
      },
      start: () => {
        // As a restarted process does: everything but the stores begins anew.
        if (!entry.running) Object.assign(entry, rulesOver(entry.log, entry.places));
        entry.running = true;
      },
      wipe: () => {
        Object.assign(entry, rulesOver(createMemoryCellLog(), createMemoryPlaceStore()));
        hangUp();
      },
      replace: () => {
        replaced++;
        key = drawKey();
        Object.assign(entry, rulesOver(createMemoryCellLog(), createMemoryPlaceStore()));
        hangUp();
      },
      shift: (ms) => {
        entry.offset += ms;
      },
      held: () => entry.rules.held(),
      kept: () => ({ log: entry.log, places: entry.places, replaced }),
      cells: () => bucketsOf(entry.log).flatMap(({ cells }) => cells),
    };
  };

  let addresses = 0;
  const transport: MemoryNetwork['transport'] = (options = {}) => {
    const address = `device ${++addresses}`;
    const allowed = new Set(options.allowed ?? []);
    const told: ((event: TransportEvent) => void)[] = [];
    const tell = (event: TransportEvent): void => {
      for (const listener of told) listener(event);
    };
    /** Of listened-to relays. */
    const live = new Map<string, Live>();
    let channels: Parameters<Transport['listen']>[1] = [];
    let on = true;
    let closed = false;

    const reach = (origin: string): Relay | undefined => {
      const found = relays.get(origin);
      return on && found?.running === true ? found : undefined;
    };

    const ask = (
      origin: string,
      connection: number | null,
      request: RelayRequest,
      callback: (answer: RelayResponse | TransportError) => void,
    ): void => {
      const target = reach(origin);
      if (target === undefined) {
        clock.after(delay(), () => callback(NO_ANSWER));
        return;
      }
      let over = false;
      const finish = (answer: RelayResponse | TransportError): void => {
        if (over) return;
        over = true;
        cancel();
        callback(answer);
      };
      const cancel = clock.after(TIME_LIMIT_MS, () => finish(NO_ANSWER));
      const arrive = (): void => {
        const there = relays.get(origin);
        if (there?.running !== true) return;
        const received = wire ? overWire(relayRequestCodec, request) : request;
        for (const listener of listeners) listener(origin, received);
        there.rules.handle({ connection, address, factor: 1 }, received, clock.now() + there.offset, (response) => {
          if (happens(weather.loss)) return;
          const answer = wire ? overWire(relayResponseCodec, response) : response;
          clock.after(delay(), () => (on && !closed ? finish(answer) : undefined));
        });
      };
      if (!happens(weather.loss)) clock.after(delay(), arrive);
      if (happens(weather.repeat)) clock.after(delay() + delay(), arrive);
    };

    const open = (origin: string): void => {
      const state = live.get(origin);
      if (state === undefined || closed || state.connection !== undefined) return;
      const target = reach(origin);
      const again = (): void => {
        state.tries++;
        state.cancel = clock.after(Math.min(60_000, 500 * 2 ** Math.min(state.tries, 7)) + random.int(500), () =>
          open(origin),
        );
      };
      if (target === undefined) {
        again();
        return;
      }
      const connection = ++connectionNumbers;
      state.connection = connection;
      target.connections.set(connection, (cell) => {
        const arrive = (): void => {
          if (on && state.connection === connection) tell({ type: 'cell', relay: origin, cell: cell.slice() });
        };
        if (!happens(weather.pushLoss)) clock.after(delay(), arrive);
        if (happens(weather.repeat)) clock.after(delay() + delay(), arrive);
      });
      target.ended.set(connection, () => {
        if (state.connection !== connection) return;
        state.connection = undefined;
        state.online = false;
        tell({ type: 'offline', relay: origin });
        if (live.get(origin) === state) again();
      });
      ask(origin, connection, { type: 'listen', channels: [...channels] }, (answer) => {
        if (state.connection !== connection) return;
        if (answer instanceof TransportError) {
          hangUp(origin, state);
          again();
          return;
        }
        state.tries = 0;
        heard(origin, state, answer);
      });
    };
    const heard = (origin: string, state: Live, answer: RelayResponse): void => {
      const online = answer.type !== 'error' || relayErrorName(answer.code) === 'limited';
      if (online === state.online) return;
      state.online = online;
      tell({ type: online ? 'online' : 'offline', relay: origin });
    };
    const hangUp = (origin: string, state: Live): void => {
      state.cancel();
      state.online = false;
      if (state.connection === undefined) return;
      const there = relays.get(origin);
      there?.rules.closed(state.connection);
      there?.connections.delete(state.connection);
      there?.ended.delete(state.connection);
      state.connection = undefined;
    };
    const send: MemoryTransport['send'] = (origin, request, callback) => {
      if (!allowed.has(origin)) callback(new TransportError('not-allowed', `${origin} is not a chosen relay`));
      else if (closed) callback(new TransportError('unreachable', 'this transport is closed'));
      else ask(origin, live.get(origin)?.connection ?? null, request, callback);
    };

    return {
      send,
      allow: (origins) => {
        for (const origin of origins) allowed.add(origin);
      },
      request: (origin, request) =>
        new Promise((resolve, reject) => {
          send(origin, request, (answer) => (answer instanceof TransportError ? reject(answer) : resolve(answer)));
        }),
      listen: (origins, newChannels) => {
        channels = newChannels;
        const wanted = new Set(origins.filter((origin) => allowed.has(origin)));
        for (const [origin, state] of live) {
          if (wanted.has(origin)) continue;
          live.delete(origin);
          hangUp(origin, state);
        }
        for (const origin of wanted) {
          const state = live.get(origin);
          if (state === undefined) {
            live.set(origin, { connection: undefined, cancel: () => undefined, tries: 0, online: false });
            open(origin);
          } else if (state.connection !== undefined) {
            const { connection } = state;
            ask(origin, connection, { type: 'listen', channels: [...channels] }, (answer) => {
              if (state.connection === connection && !(answer instanceof TransportError)) heard(origin, state, answer);
            });
          }
        }
      },
      onEvent: (listener) => void told.push(listener),
      connect: (nowOn) => {
        if (on === nowOn) return;
        on = nowOn;
        for (const [origin, state] of live) {
          if (on) {
            state.cancel();
            open(origin);
          } else if (state.connection !== undefined) {
            hangUp(origin, state);
            tell({ type: 'offline', relay: origin });
          }
        }
      },
      close: () => {
        closed = true;
        for (const [origin, state] of live) hangUp(origin, state);
        live.clear();
        told.length = 0;
      },
    };
  };

  return {
    relay,
    transport,
    weather: (change) => {
      weather = { ...weather, ...change };
    },
    onRequest: (listener) => void listeners.push(listener),
  };
};
