/** A simulator in a process of its own, for tests that kill it: `node child-simulator.ts DIRECTORY`. */
import { xData } from '../../src/providers/data/x.ts';
import { startSimulator } from '../../src/sim/index.ts';
import { CONFIDENTIAL } from './sim-world.ts';

const running = await startSimulator({
  provider: xData,
  directory: process.argv[2],
  clients: [CONFIDENTIAL],
  settings: { rateLimits: { tweets: {}, me: {} } },
  onRequest: ({ method, path, status, delivery }) => console.log(`${method} ${path} ${status} ${delivery}`),
});
console.log(running.url);
