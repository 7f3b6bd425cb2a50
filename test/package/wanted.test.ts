import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What belongs into `node_modules` of a clone, where some packages are optional for those who install the package. */
const WANTED = fileURLToPath(new URL('../../scripts/install/wanted.mjs', import.meta.url));

const MANIFEST = {
  name: 'sample',
  version: '1.0.0',
  dependencies: { always: '1.0.0' },
  optionalDependencies: { part: '1.0.0' },
  devDependencies: { tool: '1.0.0', node: '24.0.0' },
};

/** `part` brings `below`, nested once; `tool` brings a binary for another system, and what that needs. */
const LOCKED = {
  '': MANIFEST,
  'node_modules/always': { integrity: 'a' },
  'node_modules/part': { integrity: 'b', optional: true, dependencies: { below: '^1' } },
  'node_modules/part/node_modules/below': { integrity: 'c', optional: true, dependencies: { deep: '^1' } },
  'node_modules/deep': { integrity: 'd', devOptional: true, optional: true },
  'node_modules/tool': { integrity: 'e', dev: true, optionalDependencies: { 'tool-mars': '1.0.0' } },
  'node_modules/tool-mars': { integrity: 'f', dev: true, optional: true, os: ['mars'], dependencies: { lib: '1' } },
  'node_modules/lib': { integrity: 'g', dev: true, optional: true },
  'node_modules/node': { integrity: 'h', dev: true },
};
const FOR_RUNNING = [
  'node_modules/always',
  'node_modules/part',
  'node_modules/part/node_modules/below',
  'node_modules/deep',
];

interface Seen {
  readonly lacks: boolean;
  readonly project: {
    readonly manifest: { readonly dependencies: object; readonly optionalDependencies?: object };
    readonly lock: { readonly packages: Readonly<Record<string, { readonly optional?: boolean }>> };
  };
  readonly refusal: string | undefined;
}

/** The module is for the start-up script, which has no types: it is asked in a process of its own. */
function look({ present, set = 'run', manifest = MANIFEST }: LookOptions): Seen {
  const root = mkdtempSync(path.join(tmpdir(), 'kippu-wanted-'));
  try {
    const write = (file: string, value: unknown): void => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), JSON.stringify(value));
    };
    write('package.json', manifest);
    write('package-lock.json', { name: 'sample', version: '1.0.0', lockfileVersion: 3, packages: LOCKED });
    const locked: Readonly<Record<string, object>> = LOCKED;
    write('node_modules/.package-lock.json', {
      packages: Object.fromEntries(present.map((location) => [location, locked[location]])),
    });
    for (const location of present) write(`${location}/package.json`, {});
    const program = `
      const { readState, lacksPackages, projectToInstall, assertLockFits } = await import(${JSON.stringify(WANTED)});
      const state = { ...readState(${JSON.stringify(root)}), usesProjectNode: false };
      let refusal;
      try { assertLockFits(state); } catch (error) { refusal = error.message; }
      const set = ${JSON.stringify(set)};
      console.log(JSON.stringify({ lacks: lacksPackages(state, set), project: projectToInstall(state, set), refusal }));`;
    return JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }),
    ) as Seen;
  } finally {
    rmSync(root, { recursive: true });
  }
}

interface LookOptions {
  readonly present: readonly string[];
  readonly set?: 'run' | 'all';
  readonly manifest?: object;
}

describe('what a clone installs', () => {
  it('is complete with what running needs, and what users may leave out is a part of that', () => {
    assert.equal(look({ present: FOR_RUNNING }).lacks, false);
    for (const missing of FOR_RUNNING) {
      const present = FOR_RUNNING.filter((location) => location !== missing);
      assert.equal(look({ present }).lacks, true, `${missing} is not missed`);
    }
  });

  it('does not miss what another system needs', () => {
    assert.equal(look({ present: [...FOR_RUNNING, 'node_modules/tool'], set: 'all' }).lacks, false);
    assert.equal(look({ present: FOR_RUNNING, set: 'all' }).lacks, true);
  });

  it('leaves npm no choice about the parts: without one that cannot be fetched, the install fails', () => {
    const { project } = look({ present: [], set: 'all' });
    assert.deepEqual(project.manifest.dependencies, { always: '1.0.0', part: '1.0.0' });
    assert.equal(project.manifest.optionalDependencies, undefined);
    const optional = Object.entries(project.lock.packages).filter(([, entry]) => entry.optional === true);
    assert.deepEqual(
      optional.map(([location]) => location),
      ['node_modules/tool-mars', 'node_modules/lib'],
    );
    assert.deepEqual(Object.keys(look({ present: [] }).project.lock.packages), ['', ...FOR_RUNNING]);
  });

  it('is refused where package.json asks for another version of a part than the lock file has', () => {
    assert.equal(look({ present: FOR_RUNNING }).refusal, undefined);
    const manifest = { ...MANIFEST, optionalDependencies: { part: '2.0.0' } };
    assert.match(look({ present: FOR_RUNNING, manifest }).refusal ?? '', /do not agree about "part"/);
  });
});
