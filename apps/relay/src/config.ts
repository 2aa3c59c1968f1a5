// Options of the relay from flags, then KITH_* variables, then a file (JSON with the same names); the first that says something wins.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_RELAY_LIMITS, RELAY_ROLES, type Rate, type RelayLimits, type RelayRole } from '@kith/core/mailbox';
import { RelayStartError } from './errors.ts';
import type { RelayOptions } from './index.ts';

export const RELAY_USAGE = `Options:
  --port N            port (KITH_PORT, default 4680)
  --host ADDRESS      listen on this address only (KITH_HOST; default: this computer only)
  --lan               listen on all addresses of this computer (KITH_LAN=1)
  --data DIR          where cells, offers and the key are kept (KITH_RELAY_DATA; default: relay/ in KITH_DATA or the XDG data folder)
  --durability HOW    process: survives kill -9; power: and power loss (KITH_DURABILITY, default process)
  --public-url URL    what links carry, as https://kith.example (KITH_PUBLIC_URL)
  --name TEXT         shown to people (KITH_NAME)
  --roles LIST        of live,mailbox,rendezvous,web (KITH_ROLES, default all)
  --web off           serve no web app (KITH_WEB=off)
  --web-root DIR      the built web app (KITH_WEB_ROOT)
  --behind-proxy      a reverse proxy on this computer stands in front (KITH_BEHIND_PROXY=1)
  --cells-per-minute N, --cell-burst N   for one address (KITH_CELLS_PER_MINUTE, KITH_CELL_BURST; default 120 and 600)
  --loopback-factor N what this computer may do, times that (KITH_LOOPBACK_FACTOR, default 100)
  --config FILE       JSON with these names in camelCase, and "limits"
`;

const FLAGS = {
  port: { type: 'string' },
  host: { type: 'string' },
  lan: { type: 'boolean' },
  data: { type: 'string' },
  durability: { type: 'string' },
  'public-url': { type: 'string' },
  name: { type: 'string' },
  roles: { type: 'string' },
  web: { type: 'string' },
  'web-root': { type: 'string' },
  'behind-proxy': { type: 'boolean' },
  'cells-per-minute': { type: 'string' },
  'cell-burst': { type: 'string' },
  'loopback-factor': { type: 'string' },
  config: { type: 'string' },
} as const;
type Flag = keyof typeof FLAGS;
type Values = Readonly<Record<string, string | boolean | undefined>>;

const refuse = (what: string): never => {
  throw new RelayStartError('config', what, 'See the options with --help.');
};
const camel = (flag: string): string => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
/** KITH_DATA names the folder of everything; the relay's part of it is a folder inside. */
const VARIABLES: Partial<Record<Flag, string>> = { data: 'KITH_RELAY_DATA' };
const variable = (flag: Flag): string => VARIABLES[flag] ?? `KITH_${flag.toUpperCase().replaceAll('-', '_')}`;

/** Throws a RelayStartError for anything it does not understand: a misspelt option must not be a default in disguise. */
export const readRelayOptions = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RelayOptions => {
  let flags: Values;
  try {
    flags = parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    return refuse((error as Error).message.split('. ', 1)[0] ?? 'Unknown option.');
  }
  const path = flags['config'] ?? environment[variable('config')];
  const file = typeof path === 'string' ? readConfig(path) : {};
  const value = (flag: Flag): unknown => flags[flag] ?? environment[variable(flag)] ?? file[camel(flag)];

  const text = (flag: Flag): string | undefined => {
    const found = value(flag);
    return found === undefined || typeof found === 'string' ? found : refuse(`${flag} is a text.`);
  };
  const number = (flag: Flag, max: number): number | undefined => {
    const found = value(flag);
    if (found === undefined) return undefined;
    const parsed = typeof found === 'string' && /^\d+$/.test(found) ? Number(found) : found;
    return typeof parsed === 'number' && Number.isSafeInteger(parsed) && parsed >= 0 && parsed <= max
      ? parsed
      : refuse(`${flag} is a number from 0 to ${max}.`);
  };
  const on = (flag: Flag): boolean => [true, '1', 'true', 'on'].includes(value(flag) as string | boolean);

  const limits = readLimits(file['limits']);
  const cells: Rate = {
    perMinute: number('cells-per-minute', 1e9) ?? limits.cells?.perMinute ?? DEFAULT_RELAY_LIMITS.cells.perMinute,
    burst: number('cell-burst', 1e6) ?? limits.cells?.burst ?? DEFAULT_RELAY_LIMITS.cells.burst,
  };
  const loopbackFactor =
    number('loopback-factor', 1000) ?? limits.loopbackFactor ?? DEFAULT_RELAY_LIMITS.loopbackFactor;
  const durability = text('durability') ?? 'process';
  const roles = readRoles(value('roles'));
  const webRoot = text('web-root');
  const isWebOff = [false, 'off', '0', 'false'].includes(value('web') as string | boolean);
  const host = text('host');
  const name = text('name');
  if (name !== undefined && Buffer.byteLength(name) > 64) refuse('name is at most 64 bytes.');
  const publicUrl = readOrigin(text('public-url'));
  return {
    port: number('port', 65_535) ?? 4680,
    lan: on('lan'),
    data: text('data') ?? join(dataHome(environment), 'relay'),
    durability:
      durability === 'process' || durability === 'power' ? durability : refuse('durability is process or power.'),
    roles: roles.filter((role) => role !== 'web' || !isWebOff),
    behindProxy: on('behind-proxy'),
    limits: { ...limits, cells, loopbackFactor: Math.max(1, loopbackFactor) },
    ...(host === undefined ? {} : { host }),
    ...(name === undefined ? {} : { name }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(webRoot === undefined ? {} : { webRoot }),
  };
};

const dataHome = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment['KITH_DATA'] ?? join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'kith');

const KNOWN_IN_FILE = new Set([...Object.keys(FLAGS).map(camel), 'limits']);
const readConfig = (path: string): Readonly<Record<string, unknown>> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(`The configuration ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'not JSON'}).`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return refuse(`The configuration ${path} is not a JSON object.`);
  for (const name of Object.keys(parsed))
    if (!KNOWN_IN_FILE.has(name)) refuse(`The configuration ${path} has an unknown name: ${name}.`);
  return parsed as Readonly<Record<string, unknown>>;
};

/** `{"cells": {"perMinute": 120, "burst": 600}, "connections": 500, …}`: any of the default limits. */
const readLimits = (found: unknown): Partial<RelayLimits> => {
  if (found === undefined) return {};
  const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (typeof found !== 'object' || found === null) return refuse('limits is a JSON object.');
  for (const [name, value] of Object.entries(found)) {
    if (!Object.hasOwn(DEFAULT_RELAY_LIMITS, name)) refuse(`limits has an unknown name: ${name}.`);
    const like = (DEFAULT_RELAY_LIMITS as unknown as Record<string, unknown>)[name];
    const fits =
      typeof like === 'number'
        ? isNumber(value)
        : isNumber((value as Rate | null)?.perMinute) && isNumber((value as Rate | null)?.burst);
    if (!fits) refuse(`limits.${name} has not the form of the default.`);
  }
  return found as Partial<RelayLimits>;
};

const readRoles = (found: unknown): readonly RelayRole[] => {
  if (found === undefined) return RELAY_ROLES;
  const names =
    typeof found === 'string'
      ? found.split(',').map((name) => name.trim())
      : Array.isArray(found)
        ? found.map((name: unknown) => (typeof name === 'string' ? name : refuse('roles is a list of names.')))
        : refuse('roles is a list.');
  const isRole = (name: string): name is RelayRole => (RELAY_ROLES as readonly string[]).includes(name);
  return names.map((name) => (isRole(name) ? name : refuse(`There is no role ${name}.`)));
};

/** An origin, without a path: `https://kith.example`. */
const readOrigin = (found: string | undefined): string | undefined => {
  if (found === undefined || found === '') return undefined;
  const url = URL.canParse(found) ? new URL(found) : refuse('public-url is an address, as https://kith.example.');
  const isOrigin =
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '';
  if (!isOrigin) refuse('public-url is an address without a path, as https://kith.example.');
  return url.origin.length <= 100 ? url.origin : refuse('public-url is at most 100 characters.');
};
