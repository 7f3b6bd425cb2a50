import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the report of what the tests ran', () => {
  it('leaves out the counts that a killed process left half written, and says so', (t) => {
    const folder = countsOf(t, 'await import("./src/model/secret.ts")');
    const [whole] = readdirSync(folder);
    const text = readFileSync(join(folder, String(whole)), 'utf8');
    writeFileSync(join(folder, 'coverage-1-2-0.json'), text.slice(0, text.length / 2));
    writeFileSync(join(folder, 'coverage-1-3-0.json'), '');

    const { stdout } = report(folder);

    assert.match(stdout, /Counted: 1 processes; 2 died while they wrote their counts\./);
    assert.match(stdout, /src\/model\/secret\.ts: [1-9][\d.]* % of the lines, /);
  });

  it('fails where less was run than the floors ask for, and counts what no test has loaded', (t) => {
    const { status, stderr, stdout } = report(countsOf(t, 'await import("./src/model/secret.ts")'));

    assert.equal(status, 1);
    assert.match(stderr, /the tests run [\d.]+ % of the lines of src; 95 % is the least/);
    assert.match(stderr, /the tests run [\d.]+ % of the branches of src/);
    assert.match(stderr, /the tests run [\d.]+ % of the functions of src/);
    assert.match(stdout, /src\/vault\/vault\.ts: 0 % of the lines, /);
  });
});

function countsOf(t: TestContext, code: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kippu-counts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: ROOT,
    env: { ...process.env, NODE_V8_COVERAGE: folder },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return folder;
}

function report(folder: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, ['scripts/coverage.mjs', folder], { cwd: ROOT, encoding: 'utf8' });
}
