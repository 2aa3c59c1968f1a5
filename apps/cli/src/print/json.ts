export { toJsonLine } from '@kith/core/client';
