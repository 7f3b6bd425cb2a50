import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absoluteDatabaseUrl, sqliteFile } from '../../src/app/database-url.ts';

test('a database URL gets an absolute path and keeps its prefix', () => {
  const cases = [
    ['memory:', 'memory:'],
    ['sqlite:app.db', 'sqlite:/home/app.db'],
    ['sqlite:./data/app.db?prefix=kippu_', 'sqlite:/home/data/app.db?prefix=kippu_'],
    ['sqlite:///var/app.db?prefix=kippu_', 'sqlite:/var/app.db?prefix=kippu_'],
    ['sqlite:/var/app.db?prefix=', 'sqlite:/var/app.db'],
    ['postgres://kippu@a.example,b.example/app?schema=s', 'postgres://kippu@a.example,b.example/app?schema=s'],
  ] as const;
  for (const [given, absolute] of cases) assert.equal(absoluteDatabaseUrl(given, '/home'), absolute);
});

test('the file and the prefix are told apart', () => {
  assert.deepEqual(sqliteFile('sqlite:/var/app.db?prefix=kippu_'), { path: '/var/app.db', prefix: 'kippu_' });
  assert.deepEqual(sqliteFile('sqlite:/var/app.db'), { path: '/var/app.db', prefix: '' });
});

test('what no database URL can say is refused, with what it can say', () => {
  for (const url of ['sqlite:app.db?mode=ro', 'sqlite:app.db?prefix=a_&cache=shared', 'mysql://localhost'])
    assert.throws(() => absoluteDatabaseUrl(url, '/home'), {
      code: 'invalid',
      message: /^KIPPU_DATABASE_URL: .*Give sqlite:PATH/,
    });
  assert.throws(() => absoluteDatabaseUrl('postgres://x', '/home'), { code: 'invalid', message: /names no database/ });
});
