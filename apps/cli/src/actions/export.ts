import {
  EXPORT_NOTICE,
  exportHtml,
  exportLines,
  KithError,
  writeBackup,
  type DeriveKey,
  type Kith,
} from '@kith/core/client';
import { resolve } from 'node:path';
import { findConversation } from '../find/conversation.ts';
import type { Action } from '../table/spec.ts';
import type { Context } from './context.ts';
import { openBackupFile, refuseExisting, writeWhole } from './files.ts';
import { readPassphrase } from './passphrase.ts';

export const PASSPHRASE_OPTIONS = ['backup-passphrase-file', 'passphrase-file'];
const TALK_EVERY_MS = 2_000;

/** Argon2id in this process: its memory goes when the command ends. */
export const deriveHere: DeriveKey = async (passphrase, { salt, operations, memory }) => {
  const { createLibsodium } = await import('@kith/core/crypto/libsodium');
  return (await createLibsodium()).passphraseKey(passphrase, salt, operations, memory);
};
/** Says something about a long work now and then. */
export const talkNowAndThen = ({ print }: Pick<Context, 'print'>): ((words: () => string) => void) => {
  let last = performance.now();
  return (words) => {
    if (performance.now() - last < TALK_EVERY_MS) return;
    last = performance.now();
    print.talk(words());
  };
};

const writePlain = async (context: Context, engine: Kith, path: string): Promise<number> => {
  const { input, print } = context;
  const named = input.option('conversation');
  const conversation = named === undefined ? null : await findConversation(engine, named);
  const talk = talkNowAndThen(context);
  let events = 0;
  const onEvents = (count: number): void => {
    events = count;
    talk(() => `${count} events`);
  };
  const format = input.option('format') ?? 'jsonl';
  const make = format === 'html' ? exportHtml : exportLines;
  await writeWhole(path, make(engine, conversation, Date.now(), { onEvents }));
  print.record({ events, file: path, encrypted: false }, `${events} events written to ${path}`);
  print.talk(`Everyone who has it can read it. ${EXPORT_NOTICE}`);
  return 0;
};

const writeEncrypted = async (context: Context, engine: Kith, path: string): Promise<number> => {
  const { print } = context;
  const passphrase = await readPassphrase(context, PASSPHRASE_OPTIONS, 'Passphrase for this backup', true);
  const file = await openBackupFile(path);
  const talk = talkNowAndThen(context);
  try {
    const { bytes, events } = await writeBackup(engine, file, passphrase, deriveHere, {
      onPart: (done) => talk(() => `${done} MiB`),
    });
    await file.finish();
    print.record(
      { events, file: path, encrypted: true, bytes },
      `${events} events written to ${path}. Only its passphrase opens it, and nobody can bring that back.`,
    );
    return 0;
  } finally {
    await file.close();
  }
};

export const exportTo: Action = async (context) => {
  const { input, host, kith } = context;
  const path = resolve(host.folder, input.argument('FILE'));
  const plain = input.flag('plain');
  if (!plain && (input.option('format') !== undefined || input.option('conversation') !== undefined)) {
    throw new KithError('bad-option', {
      message: 'An encrypted backup holds everything; --format and --conversation go with --plain.',
      hint: 'Add --plain, or leave them out.',
    });
  }
  await refuseExisting(path, input.flag('force'));
  // As long as it takes: a long history asks no relay anything.
  const engine = await kith(null);
  return plain ? writePlain(context, engine, path) : writeEncrypted(context, engine, path);
};
