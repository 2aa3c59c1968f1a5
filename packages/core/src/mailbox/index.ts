export { cellSlots, cellTag, drawBodyKey, openCell, openHelloCell, sealCell, sealHelloCell } from './cell.ts';
export { cellCount, neededParts, PACKET_ID_BYTES, readBody, splitPacket, splitPart } from './fragments.ts';
export { helloPacketCodec, readHelloBody, writeHelloBody } from './hello-packet.ts';
export {
  bucketOf,
  createInboxRecord,
  decodeInboxRecord,
  encodeInboxRecord,
  inboxRecordCodec,
  MAX_INBOX_NUMBER,
  isNewerRecord,
  makeTag,
  openInbox,
  prefixOf,
  recognises,
  relaysCodec,
  wipeInbox,
} from './inbox.ts';
export {
  claimId,
  conversationIdOf,
  deriveInvitationKeys,
  deriveOwnerToken,
  invitationKeyHash,
} from './invitation-keys.ts';
export { isOrigin, readLink, writeLink } from './invitation-link.ts';
export * from './invitation-types.ts';
export { claimCodec, offerCodec, openClaim, openOffer, sealClaim, sealOffer } from './invitation-units.ts';
export * from './reassembly.ts';
export * from './relay-rules-buckets.ts';
export * from './relay-rules-limits.ts';
export * from './relay-rules-live.ts';
export * from './relay-rules-log.ts';
export * from './relay-rules-rendezvous.ts';
export * from './relay-rules.ts';
export * from './device-link.ts';
export * from './return-link.ts';
export { checkCode, commitment, compareCheckCode, NONCE_BYTES, safetyWords } from './safety.ts';
export * from './types.ts';
export { WORDS } from './words.ts';
