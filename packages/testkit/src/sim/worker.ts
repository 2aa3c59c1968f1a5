import { parentPort } from 'node:worker_threads';
import { runBatch, type CampaignOptions } from './campaign.ts';

parentPort?.on('message', (options: CampaignOptions) => {
  parentPort?.postMessage(runBatch(options));
});
