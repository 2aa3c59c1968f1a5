import { readFileSync } from 'node:fs';
import { ownPackage } from './checkout.ts';

export const version = (): string => {
  const text: unknown = JSON.parse(readFileSync(ownPackage, 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
};
