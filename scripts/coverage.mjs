import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { Report } from 'c8';

/** The suite fails below these, in per cent of what `src` holds. */
const FLOORS = { lines: 95, branches: 87, functions: 88 };

/**
 * `node scripts/coverage.mjs FOLDER`: what the tests ran of `src`, from the counts that each of their processes left in
 * FOLDER (NODE_V8_COVERAGE). Tests kill processes, and some die while they write their counts: those are left out. The
 * runner's own report would fail at the first of them.
 */
const [folder] = process.argv.slice(2);
const report = new Report({
  tempDirectory: folder,
  src: ['src'],
  all: true,
  include: ['src/**'],
  exclude: sourcesOfTypes(),
  extension: ['.ts'],
  excludeNodeModules: true,
  mergeAsync: true,
});
const covered = await report.getCoverageMapFromAllCoverageFiles();

const files = readdirSync(folder);
const cutOff = files.filter((name) => !isWhole(path.join(folder, name)));
console.log(`Counted: ${files.length - cutOff.length} processes; ${cutOff.length} died while they wrote their counts.`);

const summary = covered.getCoverageSummary();
console.log(`Of src: ${told(summary)}. Less of:`);
for (const file of covered.files().sort()) {
  const part = covered.fileCoverageFor(file).toSummary();
  if (part.lines.pct < FLOORS.lines) console.log(`  ${path.relative('', file)}: ${told(part)}`);
}
for (const [what, floor] of Object.entries(FLOORS)) {
  const { pct } = summary[what];
  if (pct >= floor) continue;
  console.error(`kippu: the tests run ${pct} % of the ${what} of src; ${floor} % is the least.`);
  process.exitCode = 1;
}

function told(part) {
  return Object.keys(FLOORS)
    .map((what) => `${part[what].pct} % of the ${what}`)
    .join(', ');
}

/** What holds nothing but types is never loaded. */
function sourcesOfTypes() {
  return readdirSync('src', { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join('src', name))
    .filter((file) => {
      const code = stripTypeScriptTypes(readFileSync(file, 'utf8'));
      return code.replaceAll(/\/\*.*?\*\/|\/\/.*?$/gms, '').trim() === '';
    });
}

/** Counts are one JSON object. */
function isWhole(file) {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() === '}';
  } finally {
    closeSync(descriptor);
  }
}
