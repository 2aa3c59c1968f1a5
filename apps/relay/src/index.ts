// Composition root of the relay: everything it is made of comes together here and nowhere else.
import { createLibsodium } from '@kith/core/crypto/libsodium';
import {
  createMemoryCellLog,
  createMemoryPlaceStore,
  createRelayRules,
  DEFAULT_RELAY_LIMITS,
  DEFAULT_RELAY_SETTINGS,
  RELAY_ROLES,
  type RelayLimits,
  type RelayRole,
} from '@kith/core/mailbox';
import { Secret } from '@kith/core/crypto';
import { silent, type CellLog, type Logger, type PlaceStore } from '@kith/core/ports';
import { openDataFolder } from './data-folder.ts';
import { createGate } from './gate.ts';
import { createHttp } from './http.ts';
import { createLive, PING_MS } from './live.ts';
import { createMetrics } from './metrics.ts';
import { openPlaceFiles } from './place-files.ts';
import { openSegmentLog, type Durability } from './segment-log.ts';
import { endWith, HEADERS_MS, hostsOf, IDLE_MS, listenAll } from './server.ts';
import { createService, type Service } from './service.ts';
import { loadWebPages } from './web-pages.ts';

export { readRelayOptions, RELAY_USAGE } from './config.ts';
export { RelayStartError } from './errors.ts';
export { contentSecurityPolicy, pageHeaders, STYLE_HASHES, TRUSTED_TYPES_POLICY } from './headers.ts';
export type { Durability } from './segment-log.ts';

export interface RelayOptions {
  /** 0 takes a free one. Default 4680. */
  readonly port?: number;
  /** One address to listen on; default: this machine only, 127.0.0.1 and ::1. */
  readonly host?: string;
  /** Listens on all addresses of the machine. */
  readonly lan?: boolean;
  /** Folder for the key, cells and places; without one nothing outlives the process. */
  readonly data?: string;
  /** `process`: taken cells survive kill -9. `power`: and power loss. */
  readonly durability?: Durability;
  /** Origin that links carry. */
  readonly publicUrl?: string;
  readonly name?: string;
  /** Default: all. `web` needs `webRoot`. */
  readonly roles?: readonly RelayRole[];
  /** Folder of the built web app. */
  readonly webRoot?: string;
  /** A reverse proxy on this machine stands in front and appends to X-Forwarded-For. */
  readonly behindProxy?: boolean;
  readonly bits?: number;
  readonly liveBits?: number;
  readonly limits?: Partial<RelayLimits>;
  readonly logger?: Logger;
  /** For tests: less patience with slow writers and readers, another clock, and stores that fail. */
  readonly headersMs?: number;
  readonly idleMs?: number;
  readonly pingMs?: number;
  readonly now?: () => number;
  readonly stores?: { readonly log: CellLog; readonly places: PlaceStore };
}
export interface RunningRelay {
  /** Where this machine reaches it. */
  readonly url: string;
  readonly port: number;
  /** Lets what is under way end, within 5 s. */
  close(): Promise<void>;
  /** Drops what is past its time now, instead of within `WIPE_EVERY_MS`. */
  wipe(): void;
}

/** Buckets and offers past their time are gone at most this much later, also when nobody asks for anything. */
export const WIPE_EVERY_MS = 5000;
const DRAIN_MS = 3000;
export const DEFAULT_PORT = 4680;

export const startRelay = async (options: RelayOptions = {}): Promise<RunningRelay> => {
  const logger = options.logger ?? silent;
  const now = options.now ?? Date.now;
  const limits = { ...DEFAULT_RELAY_LIMITS, ...options.limits };
  const durability = options.durability ?? 'process';
  const hosts = hostsOf(options.lan ?? false, options.host);
  const onLoopback = hosts.every((host) => host === '::1' || host.startsWith('127.'));
  const roles = (options.roles ?? RELAY_ROLES).filter((role) => role !== 'web' || options.webRoot !== undefined);
  const pages =
    options.webRoot !== undefined && roles.includes('web') ? loadWebPages(options.webRoot, onLoopback) : undefined;

  const crypto = await createLibsodium();
  const folder = options.data === undefined ? undefined : openDataFolder(options.data);
  const seed = folder?.seed ?? new Secret(globalThis.crypto.getRandomValues(new Uint8Array(32)));
  const key = crypto.signingKey(seed);
  seed.wipe();
  const segments =
    folder === undefined || options.stores !== undefined ? undefined : openSegmentLog(folder.cells, durability);
  const log = options.stores?.log ?? segments ?? createMemoryCellLog();
  const places =
    options.stores?.places ??
    (folder === undefined ? createMemoryPlaceStore() : openPlaceFiles(folder.places, durability));

  const metrics = createMetrics();
  const gate = createGate(limits, () => process.memoryUsage.rss());
  const live = createLive(() => service, options.behindProxy ?? false, options.pingMs ?? PING_MS);
  const rules = createRelayRules(
    { crypto, key, log, places, push: live.push },
    {
      name: options.name ?? DEFAULT_RELAY_SETTINGS.name,
      publicUrl: options.publicUrl ?? '',
      roles,
      bits: options.bits ?? DEFAULT_RELAY_SETTINGS.bits,
      liveBits: options.liveBits ?? DEFAULT_RELAY_SETTINGS.liveBits,
      limits,
      ...(folder?.isRestart === true ? { restartedAt: now() } : {}),
    },
  );
  const service: Service = createService(rules, gate, metrics, now);
  // What fell due while the relay was off goes before anybody can ask for it.
  rules.wipe(now());

  let isStopping = false;
  const gauges = (): Readonly<Record<string, number>> => {
    const held = rules.held();
    return {
      cells: held.cells,
      cell_bytes: held.cellBytes,
      places: held.places,
      place_bytes: held.placeBytes,
      connections: gate.connections(),
      resident_memory_bytes: process.memoryUsage.rss(),
    };
  };
  const request = createHttp({
    service,
    pages,
    behindProxy: options.behindProxy ?? false,
    isStopping: () => isStopping,
    // All who come through it have the limits of one address together.
    onUnnamedProxy: () => logger.log('warn', 'proxy', { hint: '--behind-proxy' }),
    gauges,
  });
  const upgrade: typeof live.upgrade = (asked, socket, head) => {
    if (asked.url?.split('?', 1)[0] === '/v1/live' && !isStopping) live.upgrade(asked, socket, head);
    else endWith(socket, 'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  };
  // Twice the WebSockets: requests over HTTP come and go beside them.
  const handlers = {
    request,
    upgrade,
    maxSockets: 2 * limits.connections,
    maxSocketsPerAddress: 2 * limits.connectionsPerAddress,
    headersMs: options.headersMs ?? HEADERS_MS,
    idleMs: options.idleMs ?? IDLE_MS,
  };
  const { servers, port } = await listenAll(handlers, hosts, options.port ?? DEFAULT_PORT).catch(
    async (error: unknown) => {
      await segments?.close();
      key.privateKey.wipe();
      folder?.unlock();
      throw error;
    },
  );
  const wiping = setInterval(() => rules.wipe(now()), WIPE_EVERY_MS);
  logger.log('info', 'started', { port, lan: !onLoopback, roles: roles.join(' '), cells: rules.held().cells });

  const stop = async (): Promise<void> => {
    isStopping = true;
    clearInterval(wiping);
    const closed = servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
    live.drain();
    for (const server of servers) server.closeIdleConnections();
    const deadline = setTimeout(() => {
      live.terminate();
      for (const server of servers) server.closeAllConnections();
    }, DRAIN_MS);
    await Promise.all(closed);
    clearTimeout(deadline);
    await segments?.close();
    key.privateKey.wipe();
    folder?.unlock();
    logger.log('info', 'stopped');
  };
  let stopped: Promise<void> | undefined;
  const host =
    options.host === undefined || options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () => (stopped ??= stop()),
    wipe: () => rules.wipe(now()),
  };
};
