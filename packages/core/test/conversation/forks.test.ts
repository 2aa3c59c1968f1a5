// Where a copy of a device wrote within a segment two events stand at one place: whom an edit, a reaction, a deletion or a tombstone
// means that names it (spec 10, "Places").
import { expect, test } from 'vitest';
import {
  aboutLine,
  contents,
  isDeletable,
  namingOf,
  projectPair,
  projectSelf,
  type Content,
  type PairView,
} from '../../src/conversation/index.ts';
import { eventIdOf, type EventId } from '../../src/identity/index.ts';
import type { Appended, LogObject, Place, ShownEvent } from '../../src/log/index.ts';
import { createNullCrypto } from '../../../testkit/src/null-crypto.ts';
import {
  CONVERSATION,
  everything,
  give,
  openReplica,
  pair,
  START,
  take,
  type Person,
  type Replica,
} from '../log/people.ts';
import { copyOf } from '../log/world.ts';

const crypto = createNullCrypto();
const write = (who: Person, content: Content): Appended => {
  const { kind, bytes } = contents.encode(content);
  return who.store.transaction(() => who.log.append({ contentKind: kind, content: bytes, time: START }));
};
const text = (who: Person, words: string): Appended =>
  write(who, { type: 'text', text: words, reply: null, extensions: [] });
const remove = (who: Person, target: Place, extensions: Content['extensions'] = []): Appended =>
  write(who, { type: 'delete', target, extensions });

interface Forked {
  readonly alice: Person;
  readonly bob: Person;
  readonly copy: Person;
  /** What Alice's device and its copy said, at one place. */
  readonly said: readonly [Appended, Appended];
}
/** `seed`: which of the two ids is the smaller one. */
const fork = (seed: number): Forked => {
  const [alice, bob] = pair(crypto, seed);
  text(alice, 'before');
  const copy = copyOf(alice, seed + 7);
  const said = [text(alice, 'of the device'), text(copy, 'of the copy')] as const;
  expect(said[1].place).toEqual(said[0].place);
  return { alice, bob, copy, said };
};
const viewOf = ({ store, log }: Replica, { alice }: Forked): PairView => ({
  store,
  crypto,
  log,
  conversation: CONVERSATION,
  me: alice.log.device()?.member as PairView['me'],
});
/** Replicas that are given what these have, in this order. */
const shownTo = (forked: Forked, ...givers: readonly Person[]): PairView => shownFrom(forked, givers.map(everything));
const shownFrom = (forked: Forked, handed: readonly (readonly LogObject[])[]): PairView => {
  const replica = openReplica(crypto, 999);
  const { log, store } = replica;
  for (const { log: of } of [forked.alice, forked.bob]) {
    const device = of.device();
    if (device !== undefined) store.transaction(() => log.admit(device.member));
  }
  const view = viewOf(replica, forked);
  for (const objects of handed) {
    const { shown } = take(replica, objects, 'own');
    store.transaction(() => {
      for (const event of shown) projectPair(view, event);
    });
  }
  return view;
};
const eventAt = (view: PairView, { event }: Appended): ShownEvent => {
  const shown = view.log.find(event);
  if (shown === undefined) throw new Error('it is not shown');
  return shown;
};
const isGone = (view: PairView, one: Appended): boolean =>
  aboutLine(view, eventAt(view, one)).deleted && view.log.content(one.event) === undefined;
const isThere = (view: PairView, one: Appended): boolean =>
  !aboutLine(view, eventAt(view, one)).deleted && view.log.content(one.event) !== undefined;
const SEEDS = [1, 2, 3, 4, 5, 6];
/** Whoever came first, and whichever of the two is the line. */
const eachWay = (make: (forked: Forked) => void, look: (view: PairView, forked: Forked) => void): void => {
  const smaller = new Set<boolean>();
  for (const seed of SEEDS) {
    const forked = fork(seed);
    make(forked);
    const { alice, bob, copy, said } = forked;
    for (const givers of [
      [alice, copy, bob],
      [copy, alice, bob],
      [copy, bob, alice],
      [alice, bob, copy],
    ])
      look(shownTo(forked, ...givers), forked);
    smaller.add(Buffer.compare(said[0].event, said[1].event) < 0);
  }
  expect(smaller.size).toBe(2);
};

test('a deletion within the segment deletes what its author said, and nothing that another copy said', () => {
  eachWay(
    ({ copy, said: [, second] }) => void remove(copy, second.place),
    (view, { said: [first, second] }) => {
      expect([isGone(view, second), isThere(view, first)]).toEqual([true, true]);
    },
  );
});

test('an edit within the segment changes what its author said', () => {
  eachWay(
    ({ alice, said: [first] }) =>
      void write(alice, { type: 'edit', target: first.place, text: 'changed', extensions: [] }),
    (view, { said }) => {
      expect(said.map((one) => aboutLine(view, eventAt(view, one)).edited)).toEqual(['changed', undefined]);
    },
  );
});

test('from another segment a deletion takes all that stand there: what its author deleted never comes back', () => {
  eachWay(
    ({ copy, said: [, second] }) => {
      copy.store.transaction(() => copy.log.startSegment());
      remove(copy, second.place);
    },
    (view, { said }) => {
      expect(said.map((one) => isGone(view, one))).toEqual([true, true]);
    },
  );
});

test('what another copy said at the same place after a deletion was not meant by it', () => {
  for (const seed of SEEDS) {
    const [alice, bob] = pair(crypto, seed);
    text(alice, 'before');
    const copy = copyOf(alice, seed + 7);
    const second = text(copy, 'of the copy');
    copy.store.transaction(() => copy.log.startSegment());
    remove(copy, second.place);
    for (let i = 0; i < 10; i++) text(bob, `${i}`);
    give(bob, alice);
    const first = text(alice, 'of the device');
    expect(first.place).toEqual(second.place);
    for (const givers of [
      [alice, copy, bob],
      [copy, bob, alice],
    ]) {
      const view = shownTo({ alice, bob, copy, said: [first, second] }, ...givers);
      expect([isThere(view, first), isGone(view, second)]).toEqual([true, true]);
    }
  }
});

test('who knows of both says which one is meant', () => {
  eachWay(
    (forked) => {
      const { alice, copy, said } = forked;
      take(alice, everything(copy), 'own');
      const { place, extensions } = namingOf(viewOf(alice, forked), eventAt(viewOf(alice, forked), said[0]));
      expect([place, extensions.length]).toEqual([said[0].place, 1]);
      remove(alice, place, extensions);
    },
    (view, { said: [first, second] }) => {
      expect([isGone(view, first), isThere(view, second)]).toEqual([true, true]);
    },
  );
});

test('a deletion takes what it means, also where nothing else that stands there is ever handed over', () => {
  for (const seed of SEEDS)
    for (const meant of [0, 1]) {
      const forked = fork(seed);
      const { alice, copy, said } = forked;
      take(alice, everything(copy), 'own');
      const mine = viewOf(alice, forked);
      const { place, extensions } = namingOf(mine, eventAt(mine, said[meant] as Appended));
      remove(alice, place, extensions);
      const other = said[1 - meant]?.event;
      const objects = everything(alice).filter(
        (one) => one.type !== 'event' || Buffer.compare(eventIdOf(crypto, one.header), other as EventId) !== 0,
      );
      expect(isGone(shownFrom(forked, [objects]), said[meant] as Appended)).toBe(true);
    }
});

test('a tombstone takes all that stand there, also what comes later, or the one that it says', () => {
  for (const isSaid of [false, true])
    eachWay(
      () => undefined,
      (view, { said: [first, second] }) => {
        const shown = eventAt(view, first);
        const { place, extensions: which } = namingOf(view, shown);
        const extensions = isSaid ? which : [];
        view.store.transaction(() => {
          projectSelf(
            view.store,
            { lamport: 1, event: new Uint8Array(32) as EventId, place },
            { type: 'tombstone', conversation: CONVERSATION, place, extensions },
          );
        });
        const isDeleted = (one: Appended): boolean =>
          isDeletable(eventAt(view, one)) && aboutLine(view, eventAt(view, one)).deleted;
        expect([isDeleted(first), isDeleted(second)]).toEqual([true, !isSaid]);
      },
    );
});
