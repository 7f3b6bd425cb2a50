import { build } from './build/build.mjs';

process.exitCode = build() ? 0 : 1;
