import os from 'node:os';
import process from 'node:process';
import { RowBench } from './measure/bench.ts';
import { lookAtMachine, type Machine } from './measure/machine.ts';
import type { Row } from './measure/row.ts';
import { figureTable, targetTable, type Result } from './measure/table.ts';
import { ROWS } from './rows.ts';
import { installBuilt, ROOT, type Installed } from './world/installed.ts';

/** `npm run bench [-- <word>…] [--json]`: all rows, or those that have one of the words in their name. */
const { isJson, words } = readArguments(process.argv.slice(2));
let underWay: RowBench | undefined;
const rows = ROWS.filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)));
if (rows.length === 0) {
  say(
    `no row has ${words.map((word) => `"${word}"`).join(' or ')} in its name: take of ${ROWS.map(({ id }) => id).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const machine = lookAtMachine(ROOT);
  const installed = installBuilt();
  const results: Result[] = [];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(signal));
  for (const row of rows) results.push(await measure(row, installed));
  process.stdout.write(
    isJson ? `${JSON.stringify(jsonOf(machine, results), undefined, 2)}\n` : reportOf(machine, results),
  );
  // A row that misses its target has been measured; one that could not be is a failure.
  if (results.some(({ kind }) => kind === 'failed')) process.exitCode = 1;
}

/** Nothing that a row has made stays on the disk, also where nobody waits for its end. */
async function leave(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  await underWay?.end();
  process.exit(128 + os.constants.signals[signal]);
}

async function measure(row: Row, installed: Installed): Promise<Result> {
  say(`${row.id}: ${row.costs}`);
  const startedAtMs = performance.now();
  const bench = new RowBench(installed, (text) => {
    say(`${row.id}: ${text}`);
  });
  underWay = bench;
  try {
    const measured = await row.measure(bench);
    return { row, kind: 'measured', measured, seconds: Math.round((performance.now() - startedAtMs) / 1000) };
  } catch (error) {
    return { row, kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await bench.end();
  }
}

function reportOf(machine: Machine, results: readonly Result[]): string {
  const { cpu, cores, memoryGb, system, node, v8, sqlite, commit, load, at } = machine;
  const parts = [
    `${at}, commit ${commit}`,
    `${cpu}, ${cores} cores, ${memoryGb} GB; ${system}; Node ${node}, V8 ${v8}, SQLite ${sqlite}; load before ${load.join(', ')}`,
    targetTable(results),
  ];
  for (const result of results) {
    if (result.kind === 'failed') continue;
    parts.push(`### ${result.row.id} (${result.seconds} s)`, figureTable(result.measured));
    const notes = result.measured.notes ?? [];
    if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'));
  }
  return `\n${parts.join('\n\n')}\n`;
}

function jsonOf(machine: Machine, results: readonly Result[]): object {
  return {
    machine,
    rows: results.map(({ row: { id, work, wants }, ...result }) => ({ id, work, wants, ...result })),
  };
}

function readArguments(args: readonly string[]) {
  return { isJson: args.includes('--json'), words: args.filter((arg) => !arg.startsWith('--')) };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
