import { build } from './build/build.mjs';

process.exitCode = (await build()) ? 0 : 1;
