import './node-version.mjs';
import { installOrExplain } from './install.mjs';
import { runProjectNode } from './simulate/run.mjs';

// Deliberate bugs, each of which the simulation has to catch.
if (await installOrExplain('all')) {
  process.exitCode = await runProjectNode(['test/simulation/mutants-process.ts', ...process.argv.slice(2)]);
}
