import './node-version.mjs';
import { launch } from '../bin/launch.mjs';
import { installOrExplain } from './install.mjs';
import { stopWithNpm } from './stop-with-npm.mjs';

if (await installOrExplain('run')) {
  stopWithNpm();
  await launch(['up', ...process.argv.slice(2)]);
}
