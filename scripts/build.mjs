import path from 'node:path';
import { build } from './build/build.mjs';

/** `node scripts/build.mjs [FOLDER MODULE…]`: into `dist`, or elsewhere and with modules that are not published. */
const [folder, ...besides] = process.argv.slice(2);
const isBuilt = await build(folder === undefined ? {} : { to: path.resolve(folder), besides });
process.exitCode = isBuilt ? 0 : 1;
