import { testShare } from '@kith/testkit/fuzz/share';
import { targets } from './fuzz-targets.ts';

await testShare('class 28', targets);
