import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileExamples } from './compile-examples.ts';
import { examplesIn, moduleComments, publicExports, type PublicExport } from './public-exports.ts';

/**
 * The reference is made of doc comments. Every export has one. What does something (a function, a class, a value, an
 * object with methods) has an example as well; a plain shape or a union is shown by the examples of what takes or gives it.
 */
describe('everything that the package offers', () => {
  const everything = publicExports();

  it('says what it is', () => {
    assert.ok(everything.length > 80, `only ${everything.length} exports were found`);
    assert.deepEqual(
      everything.filter(({ comment }) => comment === '').map(({ name }) => name),
      [],
    );
  });

  it('shows how it is used, where it does something', () => {
    const silent = everything.filter((one) => doesSomething(one) && examplesIn(one.comment).length === 0);
    assert.deepEqual(
      silent.map(({ name }) => name),
      [],
    );
  });

  it('is shown by examples that compile, and that use it by its name', async () => {
    const examples = everything.flatMap(({ name, comment }) => examplesIn(comment).map((text) => ({ name, text })));
    assert.ok(examples.length > 40, `only ${examples.length} examples were found`);
    const elsewhere = examples.filter(({ name, text }) => !text.includes(name.split(': ')[1] ?? name));
    assert.deepEqual(
      elsewhere.map(({ name }) => name),
      [],
    );
    assert.deepEqual(await compileExamples(examples), []);
  });

  it('is grouped by entry points that say what they are', () => {
    const wrong = moduleComments().filter(
      ({ name, comment }) => !comment.endsWith(`@module ${name}`) || comment.startsWith('@'),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('the check of examples', () => {
  it('finds one that does not compile, and says whose it is', async () => {
    const found = await compileExamples([
      { name: 'good', text: `import { Secret } from 'kippu'; export const secret = new Secret('a');` },
      { name: 'misspelt', text: `import { Sekret } from 'kippu'; export const secret = Sekret;` },
    ]);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^misspelt\(1,\d+\): error TS/);
  });

  it('takes only the code of examples', () => {
    const comment = 'Text\n```ts\nnot();\n```\n@example\n```ts\none();\n```\n@example of another\n```ts\ntwo();\n```';
    assert.deepEqual(examplesIn(comment), ['one();\n', 'two();\n']);
  });
});

function doesSomething({ kind, hasMethods }: PublicExport): boolean {
  return kind === 'function' || kind === 'class' || kind === 'constant' || hasMethods;
}
