import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { caughtBy } from './catching.ts';
import { applied } from './mutation.ts';
import { MUTANTS } from './mutants.ts';
import { POSTGRES_QUESTIONS } from './postgres-lock-mutants.ts';
import { POSTGRES_MUTANTS } from './postgres-mutants.ts';

/** Those that a few histories catch; `npm run mutants` runs them all. */
const QUICK = [
  'renews without the lease',
  'sends before the claim is known',
  'calls an attempt abandoned while its lease lives',
  'stores tokens in the clear',
  'claims over a living lease',
  'adopts a pair of an earlier grant',
  'leaves the lease when it settles',
  'advances a schedule after its post',
  'gives a notice a new id with each try',
];
const HISTORIES_MAX = 400;

describe('deliberate bugs', () => {
  it('fit the code as it is, each with a name of its own', () => {
    for (const mutants of [MUTANTS, [...POSTGRES_MUTANTS, ...POSTGRES_QUESTIONS]]) {
      for (const { name, patches } of mutants) {
        for (const patch of patches) {
          applied(readFileSync(new URL(`../../${patch.file}`, import.meta.url), 'utf8'), patch, name);
        }
      }
      assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
      assert.ok(mutants.length >= 25);
    }
  });

  it('are refused loudly where the code has changed', () => {
    const patch = { file: 'src/renewal/renew.ts', search: 'no such text', replace: '' };
    assert.throws(() => applied('the text', patch, 'a mutant'), /"a mutant" no longer fits .*renew\.ts/);
    assert.throws(() => applied('no such text, no such text', patch, 'a mutant'), /2 times/);
  });

  for (const name of QUICK) {
    it(`whoever ${name} is caught`, async () => {
      const { failure, histories } = await caughtBy(name, { seedFrom: 1, histories: HISTORIES_MAX });
      assert.notEqual(failure, undefined, `it survived ${histories} histories`);
    });
  }
});
