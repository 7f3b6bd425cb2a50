import { SYSTEM } from '../../src/app/system.ts';
import { main } from '../../src/cli/main.ts';

/** The real command line, with a clock that wakes nobody up. */
const clock = { ...SYSTEM.clock, sleep: () => new Promise<never>(() => {}) };

process.exitCode = await main(process.argv.slice(2), { ...SYSTEM, clock });
