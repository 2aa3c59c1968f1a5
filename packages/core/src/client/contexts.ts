// Contexts (spec 10): made, changed, and what the people in them are told. Which conversation stands where lies in `self`, so
// that all devices of a person agree; what it means for a conversation is done by whoever put it there.
import { equalBytes, toHex } from '../bytes/index.ts';
import {
  contextsOf,
  HUES,
  isInhabited,
  memberProfile,
  type ContextFacts,
  type SelfContent,
} from '../conversation/index.ts';
import { contextFromName, contextIdFrom } from '../identity/index.ts';
import type { Context } from './context.ts';
import type { Pair } from './conversation.ts';
import { KithError } from './errors.ts';
import type { Home } from './home.ts';
import type { ContextView } from './rpc.ts';

/** Each has a channel of its own at relays, which hear 32 on a connection; former ones are heard for a week. */
export const MAX_CONTEXTS = 12;
const PREFIX_BYTES = 3;

export interface ContextsHooks {
  /** Of the prefix, how much the relay has in use. */
  bits(): number;
  tellProfile(pair: Pair): void;
  /** There is somebody to tell. */
  isThere(pair: Pair): boolean;
  /** Contexts that open invitations of this device lead to. */
  invited(): readonly ContextFacts[];
  /** Whoever opens the invitation of this conversation sees what holds now. */
  moved(pair: Pair): void;
}

export class Contexts {
  readonly #context: Context;
  readonly #home: Home;
  readonly #hooks: ContextsHooks;
  /** What was told may not be what holds, now that this device has heard of another. */
  #isUnsettled = true;

  constructor(context: Context, home: Home, hooks: ContextsHooks) {
    this.#context = context;
    this.#home = home;
    this.#hooks = hooks;
  }

  list(): readonly ContextView[] {
    return contextsOf(this.#context.store).map((facts) => this.#view(facts));
  }
  #view({ id, label, hue, name, picture }: ContextFacts): ContextView {
    return { context: toHex(id), label, hue, name, picture, conversations: this.#in({ id }).length };
  }
  #in({ id }: Pick<ContextFacts, 'id'>): readonly Pair[] {
    return this.#home.pairs().filter((pair) => {
      const context = this.#home.contextOf(pair);
      return context !== null && context !== undefined && equalBytes(context.id, id);
    });
  }
  /** Throws `unknown-context`. */
  named(name: string): ContextFacts {
    const id = contextFromName(name);
    const facts = id === undefined ? undefined : contextsOf(this.#context.store).find((one) => equalBytes(one.id, id));
    if (facts === undefined) throw new KithError('unknown-context');
    return facts;
  }

  create(params: { readonly label: string; readonly hue?: number; readonly name?: string }): ContextView {
    const { store, randomness } = this.#context;
    const all = contextsOf(store);
    if (all.length >= MAX_CONTEXTS)
      throw new KithError('bad-option', { message: `There can be ${MAX_CONTEXTS} contexts.` });
    const free = Array.from({ length: HUES }, (_, hue) => hue).find((hue) => all.every((one) => one.hue !== hue));
    const context = contextIdFrom(randomness.bytes(16));
    const label = this.#label(params.label);
    const hue = checkHue(params.hue ?? free ?? all.length % HUES);
    this.#home.tell({ type: 'context', context, label, hue, prefix: randomness.bytes(PREFIX_BYTES), extensions: [] });
    if (params.name !== undefined && params.name !== '')
      this.#home.tell({ type: 'contextProfile', context, name: params.name, picture: NO_PICTURE, extensions: [] });
    return this.#view(this.named(toHex(context)));
  }
  /** As it will be kept. */
  #label(given: string, own?: ContextFacts): string {
    const label = given.trim();
    if (label === '') throw new KithError('bad-option', { message: 'A context has a name.' });
    const isTaken = contextsOf(this.#context.store).some(
      (one) => one.label === label && (own === undefined || !equalBytes(one.id, own.id)),
    );
    if (isTaken) throw new KithError('context-exists');
    return label;
  }
  change(
    facts: ContextFacts,
    change: {
      readonly label?: string;
      readonly hue?: number;
      readonly name?: string;
      readonly picture?: Uint8Array | null;
    },
  ): ContextView {
    const { id: context, prefix } = facts;
    const label = change.label === undefined ? facts.label : this.#label(change.label, facts);
    const hue = change.hue === undefined ? facts.hue : checkHue(change.hue);
    if (label !== facts.label || hue !== facts.hue)
      this.#home.tell({ type: 'context', context, label, hue, prefix, extensions: [] });
    const { name = facts.name, picture = facts.picture } = change;
    if (name !== facts.name || !equalBytes(picture ?? NO_PICTURE, facts.picture ?? NO_PICTURE)) {
      this.#home.tell({ type: 'contextProfile', context, name, picture: picture ?? NO_PICTURE, extensions: [] });
      for (const pair of this.#in(facts)) this.#show(pair);
    }
    return this.#view(this.named(toHex(context)));
  }
  remove(facts: ContextFacts): readonly ContextView[] {
    const isInvited = this.#hooks.invited().some(({ id }) => equalBytes(id, facts.id));
    if (isInvited || isInhabited(this.#context.store, facts.id)) throw new KithError('context-in-use');
    this.#home.tell({ type: 'contextRemoved', context: facts.id, extensions: [] });
    return this.list();
  }
  /** A conversation stands in another context, or (null) in none, from now on. */
  put(pair: Pair, to: ContextFacts | null): void {
    const from = this.#home.contextOf(pair);
    if (toHex(from?.id ?? NOWHERE) === toHex(to?.id ?? NOWHERE) && from !== undefined) return;
    this.#home.tell({ type: 'contextOf', conversation: pair.id, context: to?.id ?? null, extensions: [] });
    this.#home.renewInbox(pair, this.#hooks.bits());
    this.#show(pair);
    this.#hooks.moved(pair);
  }
  #show(pair: Pair): void {
    if (this.#hooks.isThere(pair)) this.#hooks.tellProfile(pair);
  }

  heard(content: SelfContent): void {
    switch (content.type) {
      case 'context':
      case 'contextRemoved':
        this.#context.changed({ type: 'contexts' });
        return;
      case 'contextProfile':
      case 'contextOf':
        this.#isUnsettled = true;
        this.#context.changed({ type: 'contexts' });
        this.#context.changed({ type: 'contacts' });
        return;
      default:
        return;
    }
  }
  /**
   * After all that waited was read: two devices may have said different things at a time. Where somebody was told last what
   * does not hold, they are told what does.
   */
  settle(): void {
    if (!this.#isUnsettled) return;
    this.#isUnsettled = false;
    if (contextsOf(this.#context.store).length === 0) return;
    for (const pair of this.#home.pairs()) {
      const wanted = this.#home.profileIn(pair);
      const told = memberProfile(pair.view, pair.me);
      const isTold = told.name !== '' || told.picture !== null;
      if (wanted === undefined || !isTold || !this.#home.isIn(pair) || !this.#hooks.isThere(pair)) continue;
      const isRight = told.name === wanted.name && equalBytes(told.picture ?? NO_PICTURE, wanted.picture ?? NO_PICTURE);
      if (!isRight) this.#hooks.tellProfile(pair);
    }
  }
}

const NOWHERE = new Uint8Array(0);
const NO_PICTURE = new Uint8Array(0);
const checkHue = (hue: number): number => {
  if (!Number.isSafeInteger(hue) || hue < 0 || hue >= HUES)
    throw new KithError('bad-option', { message: `A hue is a number from 0 to ${HUES - 1}.` });
  return hue;
};
