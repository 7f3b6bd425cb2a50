import './node-version.mjs';
import { installOrExplain } from './install.mjs';
import { runProjectNode } from './simulate/run.mjs';

// The deterministic simulation; `docs/simulation.md` says what it does, `--help` how to call it.
if (await installOrExplain('all')) {
  process.exitCode = await runProjectNode(['test/simulation/simulate-process.ts', ...process.argv.slice(2)]);
}
