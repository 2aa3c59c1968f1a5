// The entry of the worker that pages start: the engine of this browser.
import { startKith } from '@kith/core/client';
import { runWebEngine } from './run-engine.ts';

runWebEngine(startKith);
