import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { sessionIn } from '../../src/app/session/create-session.ts';
import { SYSTEM } from '../../src/app/system.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { FaultPoints } from '../../src/model/fault-points.ts';
import { toNodeHandler } from '../../src/node.ts';
import { x } from '../../src/providers/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { applicationOf } from './pages.ts';
import type { ChildOptions, Told, Wish } from './site-processes.ts';
import { KEYS } from './session-world.ts';

/**
 * One process of an application with cookie mode, that shares its ledger with others. It kills itself with SIGKILL when it
 * reaches the fault point whose name stands in its directory: nothing is flushed, closed or told to anybody.
 */
const options = JSON.parse(process.argv[2] ?? '') as ChildOptions;
let aheadMs = options.aheadMs;

const clock: Clock = {
  nowMs: () => SYSTEM.clock.nowMs() + aheadMs,
  monotonicMs: () => SYSTEM.clock.monotonicMs() + aheadMs,
  sleep: (ms, signal) => SYSTEM.clock.sleep(ms, signal),
};

const faults: FaultPoints = {
  reach(point) {
    const armed = join(options.directory, `armed-${options.name}-${point}`);
    if (!existsSync(armed)) return;
    rmSync(armed);
    writeFileSync(join(options.directory, `hit-${options.name}-${point}`), '');
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment to arrive; nothing more may happen here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

const session = sessionIn(
  {
    publicUrl: options.publicUrl,
    keys: KEYS,
    providers: [x({ clientId: 'app', clientSecret: 'secret', baseUrl: options.providerUrl })],
    ledger: sqlite(join(options.directory, 'ledger.db')),
    home: join(options.directory, 'home'),
    timing: { lateAnswerMs: 3000, replayMarginMs: 1000 },
    onReuse: (reuse) => {
      tell({ kind: 'reuse', handle: reuse.handle });
    },
  },
  { ...SYSTEM, clock, faults },
);

const server = createServer(toNodeHandler(applicationOf(session), { origin: options.publicUrl }));
server.listen(0, '127.0.0.1', () => {
  tell({ kind: 'listening', port: (server.address() as AddressInfo).port });
});

process.on('message', (wish: Wish) => {
  aheadMs = wish.aheadMs;
  tell({ kind: 'moved' });
});
process.on('disconnect', () => process.exit());

function tell(told: Told): void {
  process.send?.(told);
}
