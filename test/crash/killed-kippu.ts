import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { SYSTEM } from '../../src/app/system.ts';
import { main } from '../../src/cli/main.ts';
import type { FaultPoints } from '../../src/model/fault-points.ts';

/**
 * The real command line, in a process of its own, that kills itself with SIGKILL when it reaches the fault point whose
 * name stands in the file `armed` of the directory KIPPU_TEST_FAULTS. Nothing is flushed, closed or told to anybody.
 */
const directory = process.env['KIPPU_TEST_FAULTS'] ?? '';

const faults: FaultPoints = {
  reach(point) {
    const armed = join(directory, `armed-${point}`);
    if (!existsSync(armed)) return;
    rmSync(armed);
    writeFileSync(join(directory, `hit-${point}`), '');
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment to arrive; nothing more may happen here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

process.exitCode = await main(process.argv.slice(2), { ...SYSTEM, faults });
