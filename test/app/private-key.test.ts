import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { maskSetting, readConfig } from '../../src/app/config.ts';
import { readPrivateKey } from '../../src/app/private-key.ts';
import { Settings } from '../../src/app/settings.ts';
import { KippuError } from '../../src/model/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'kippu-key-'));
after(() => rmSync(directory, { recursive: true }));
const where = 'KIPPU_ACME_PRIVATE_KEY';

test('a key is given as it is, with \\n for line ends, or as its file', () => {
  const read = (value: string): string => readPrivateKey(value, { directory, where }).reveal();
  assert.equal(read('{"kty":"EC"}'), '{"kty":"EC"}');
  assert.equal(
    read(String.raw`-----BEGIN PRIVATE KEY-----\nabc\n-----END`),
    '-----BEGIN PRIVATE KEY-----\nabc\n-----END',
  );
  assert.equal(read(String.raw`{"kid":"a\nb"}`), String.raw`{"kid":"a\nb"}`);
  writeFileSync(join(directory, 'key.pem'), 'the key');
  assert.equal(read('@key.pem'), 'the key');
  assert.equal(read(`@${join(directory, 'key.pem')}`), 'the key');
});

test('a file that is not there, or is no key’s, is said with the variable', () => {
  writeFileSync(join(directory, 'film'), Buffer.alloc(100_000));
  for (const [value, message] of [
    ['@nowhere.pem', /nowhere\.pem cannot be read \(ENOENT\)/],
    ['@.', /cannot be read \(EISDIR\)/],
    ['@film', /too large/],
  ] as const) {
    assert.throws(
      () => readPrivateKey(value, { directory, where }),
      (error) => error instanceof KippuError && error.where === where && message.test(error.message),
    );
  }
});

test('a key for a provider that takes none is said with the variable, and none of it', () => {
  const settings = new Settings([
    { source: 'environment', values: { KIPPU_X_CLIENT_ID: 'c', KIPPU_X_PRIVATE_KEY: 'hunter2' } },
  ]);
  const facts = { directory, isTerminal: false, isProduction: false, simulatorUrl: () => 'http://127.0.0.1:1' };
  assert.throws(
    () => readConfig(settings, facts),
    (error) =>
      error instanceof KippuError &&
      error.where === 'KIPPU_X_PRIVATE_KEY' &&
      /takes no private key/.test(error.message) &&
      !error.message.includes('hunter2'),
  );
});

test('a key is masked wherever settings are shown; the path of its file is not', () => {
  const shown = (value: string): string => maskSetting('KIPPU_ACME_PRIVATE_KEY', { value, source: 'environment' });
  assert.equal(shown('{"kty":"EC","d":"hunter2"}'), '[secret]');
  assert.equal(shown('@/etc/key.pem'), '@/etc/key.pem');
});
