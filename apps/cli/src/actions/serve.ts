import { KithError } from '@kith/core/client';
import { stderrLogger } from '@kith/platform-node';
import { readRelayOptions, RelayStartError, startRelay, type RelayOptions } from '@kith/relay';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { builtWebApp } from '../checkout.ts';
import type { Host } from '../host.ts';
import type { Input } from '../parse/input.ts';
import type { Action } from '../table/spec.ts';

/** The relay reads flags, variables and its file itself: what was typed for it is handed on as it stands. */
const relayOptions = (input: Input, host: Host): RelayOptions => {
  const flags = input.command.options.flatMap(({ name, value, kind }) => {
    const given = input.option(name);
    if (given === undefined) return [];
    if (value === null) return [`--${name}`];
    return [`--${name}=${kind.type === 'file' ? resolve(host.folder, given) : given}`];
  });
  const options = readRelayOptions(flags, host.env);
  const webRoot = options.webRoot ?? (existsSync(builtWebApp) ? builtWebApp : undefined);
  return { ...options, ...(webRoot === undefined ? {} : { webRoot }), logger: stderrLogger('warn') };
};

export const serve: Action = async ({ input, print, host }) => {
  try {
    const options = relayOptions(input, host);
    const relay = await startRelay(options);
    const url = options.publicUrl ?? relay.url;
    const lan = options.lan ?? false;
    const web = options.webRoot !== undefined && (options.roles?.includes('web') ?? true);
    print.record(
      { ready: true, url, port: relay.port, lan, web },
      `Kith is ready at ${url}${web ? '' : ' (no web app)'}`,
    );
    if (lan) print.talk('Anyone who reaches this computer can use this relay. Nobody can read what passes through it.');
    await host.ended;
    await relay.close();
    return 0;
  } catch (error) {
    if (!(error instanceof RelayStartError)) throw error;
    throw new KithError(error.code === 'config' ? 'bad-option' : 'relay-start', {
      message: error.message,
      hint: error.hint,
    });
  }
};
