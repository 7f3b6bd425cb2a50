import type { Outside } from '../open.ts';
import { noFaults } from './no-faults.ts';
import { nodeHttp } from './node-http.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

/** The real world. */
export const SYSTEM: Outside = { clock: systemClock, random: systemRandom, http: nodeHttp, faults: noFaults };
