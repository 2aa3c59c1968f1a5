import { parentPort } from 'node:worker_threads';
import { runBatch } from './campaign.ts';

parentPort?.on('message', ({ first, count, plant }: { first: number; count: number; plant: string | undefined }) => {
  parentPort?.postMessage(runBatch(first, count, plant));
});
