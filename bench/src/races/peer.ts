// What a race asks of each of those who run it: a server to start, and clients that know one another by name.
import type { Measured } from '../replica.ts';
import type { Worker, Yard } from '../yard.ts';
import type { ClientProcess } from './client.ts';

/** Where the clients of a peer find it: whatever its `openClient` needs, as plain data. */
export type Spot = Readonly<Record<string, string>>;

/** One person's client, in a process with others or alone. Texts are ASCII, 1,024 or 16 characters long. */
export interface RaceClient {
  send(to: string, text: string): void;
  /** To all of a set that was told at `gather`; without it each is sent to. */
  sendAll?(text: string): void;
  gather?(names: readonly string[]): Promise<void>;
  /** When everything sent so far was taken over by the server, so that this client may go. */
  taken(): Promise<void>;
  /** Of who has an archive: all that was said to it, told once more. */
  history?(): Promise<void>;
  close(): Promise<void>;
}
/** Of a peer whose people have to meet first. */
export interface MeetingClient extends RaceClient {
  invite(): Promise<string>;
  accept(link: string): Promise<string>;
  /** From here on messages can flow. */
  met(name: string, conversation: string): Promise<void>;
}
/** Told each text that came and that a person would be shown. */
export type Hear = (from: string, text: string) => void;
export type OpenClient = (spot: Spot, name: string, hear: Hear) => Promise<RaceClient>;

export const WORKS = ['W1', 'W2', 'W3', 'W4', 'W5'] as const;
export type Work = (typeof WORKS)[number];

/** What an acknowledgement of it stands for, and what it does for its users. */
export interface Traits {
  readonly encrypts: string;
  readonly keeps: string;
  readonly orders: string;
}
export interface Field {
  readonly spot: Spot;
  /** Of its servers. */
  readonly pids: readonly number[];
}
/** People who talk, W1 to W4. */
export interface Talk {
  /** Which file beside this one opens its clients. */
  readonly client: string;
  /** What W1 is divided by for it, so that a run ends. */
  readonly slow?: number;
  readonly mustMeet?: boolean;
  /** W4: opens connections that only listen, where `client` would do more; how many, where 10,000 would take too long. */
  readonly idleClient?: string;
  readonly idle?: number;
  start(yard: Yard, names: readonly string[]): Promise<Field>;
  /** A process for its clients, where they do not run in one of Node's. */
  readonly clients?: (yard: Yard) => Worker<ClientProcess>;
}
/** `shared`: outlives the work, for what several want. */
export type Receive = (yard: Yard, count: number, shared: Yard) => Promise<Measured>;
export interface Peer extends Traits {
  readonly name: string;
  readonly durability: 'process' | 'power' | null;
  readonly works: readonly Work[];
  /** Of Debian, that bring it; and what else is done for it by `--install`. */
  readonly packages?: readonly string[];
  readonly bring?: () => void;
  /** Why it is not here, or null. */
  missing(): string | null;
  readonly talk?: Talk;
  /** W5: from having nothing to having all. */
  readonly receive?: Receive;
}
