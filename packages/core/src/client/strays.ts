// Own devices in a conversation that are none of one's `self`: let in by a device whose client was changed, or of a `self` that
// was taken into this one and has not followed. A charter lists them; the list of own devices, which is that of `self`, does not.
import { equalBytes, toHex } from '../bytes/index.ts';
import { consentsOf } from '../conversation/index.ts';
import { feedIdOf, type Device, type FeedId } from '../identity/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import type { Home } from './home.ts';
import type { StrayDevice } from './rpc.ts';

/** What lets a device in somewhere may come before what `self` says of it. */
const KNOWN_WITHIN_MS = 10 * 60_000;

type Parts = { readonly context: Context; readonly home: Home };

/** Devices of one's own in this conversation, this one among them. */
export const ownDevicesIn = (pair: Pair): readonly Device[] =>
  pair.log.charter().members.find(({ id }) => equalBytes(id, pair.me))?.devices ?? [];

/** The devices of `self` that are in use, by the feeds that they said are theirs in this conversation. */
const knownIn = ({ context, home }: Parts, pair: Pair): ReadonlyMap<string, FeedId> => {
  const active = new Set(
    home.mine.log
      .charter()
      .members.flatMap(({ devices }) =>
        devices.flatMap(({ feed, state }) => (state === 'removed' ? [] : [toHex(feed)])),
      ),
  );
  const known = new Map<string, FeedId>();
  for (const { self, device } of consentsOf(context.store, pair.id))
    if (active.has(toHex(self))) known.set(toHex(feedIdOf(context.crypto, device)), self);
  const own = { there: pair.log.ownFeed(), self: home.mine.log.ownFeed() };
  if (own.there !== undefined && own.self !== undefined) known.set(toHex(own.there), own.self);
  return known;
};
export const straysIn = (parts: Parts, pair: Pair): readonly FeedId[] => {
  const known = knownIn(parts, pair);
  // Whoever is out has no say in it, and no view of who is in.
  const own = pair.log.ownFeed();
  const devices = ownDevicesIn(pair);
  if (own === undefined || !devices.some(({ feed, state }) => state === 'active' && equalBytes(feed, own))) return [];
  const now = parts.context.now();
  return devices
    .filter(({ state, spare, feed }) => state !== 'removed' && !spare && !known.has(toHex(feed)))
    .map(({ feed }) => feed)
    .filter((feed) => Math.abs(now - pair.log.addedAt(feed)) >= KNOWN_WITHIN_MS);
};

export const straysOf = (parts: Parts): readonly StrayDevice[] =>
  parts.home.pairs().flatMap((pair) => {
    const strays = straysIn(parts, pair);
    if (strays.length === 0) return [];
    const known = knownIn(parts, pair);
    return ownDevicesIn(pair).flatMap(({ feed, state, added }): readonly StrayDevice[] => {
      if (!strays.some((stray) => equalBytes(stray, feed))) return [];
      const by = added === null ? undefined : known.get(toHex(added.feed));
      return [
        {
          conversation: pair.name,
          device: toHex(feed),
          addedAt: pair.log.addedAt(feed),
          addedBy: by === undefined ? null : toHex(by),
          disputed: state === 'contested',
        },
      ];
    });
  });
