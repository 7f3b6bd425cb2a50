import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownDatabase } from '../../src/app/database-url.ts';
import { KippuError } from '../../src/model/errors.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { Statements } from '../../src/store/postgres/statement.ts';

function encrypted(url: string): readonly boolean[] {
  return parseConnectionUrl(url).hosts.map(({ isEncrypted }) => isEncrypted);
}

test('a URL is read with all its parts decoded', () => {
  const url = parseConnectionUrl('postgresql://us%40er:p%2Fw%3A@db.example:6432/my%20app?schema=tokens&connections=3');
  assert.deepEqual(
    [url.user, url.password, url.database, url.schema, url.connectionsMax, url.listens],
    ['us@er', 'p/w:', 'my app', 'tokens', 3, true],
  );
  assert.deepEqual(url.hosts, [{ host: 'db.example', port: 6432, isEncrypted: true }]);
});

test('several hosts keep their order, and an IPv6 address its colons', () => {
  const { hosts } = parseConnectionUrl('postgres://a.example,[2001:db8::1]:5433,b.example:5434/app');
  assert.deepEqual(
    hosts.map(({ host, port }) => [host, port]),
    [
      ['a.example', 5432],
      ['2001:db8::1', 5433],
      ['b.example', 5434],
    ],
  );
});

test('what leaves this machine is encrypted to a server that proves itself, unless somebody says otherwise', () => {
  assert.deepEqual(encrypted('postgres://db.example/app'), [true]);
  assert.deepEqual(encrypted('postgres://10.0.0.5/app'), [true]);
  assert.deepEqual(encrypted('postgres://127.0.0.1,localhost,[::1],127.0.0.1.example/app'), [
    false,
    false,
    false,
    true,
  ]);
  assert.deepEqual(encrypted('postgres:///app?host=/var/run/postgresql'), [false]);
  assert.deepEqual(encrypted('postgres://db.example/app?sslmode=disable'), [false]);
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    assert.deepEqual(encrypted(`postgres://127.0.0.1/app?sslmode=${mode}`), [true]);
});

test('what would be encrypted to anybody is refused', () => {
  for (const mode of ['prefer', 'allow', 'no-verify', ''])
    assert.throws(() => parseConnectionUrl(`postgres://db.example/app?sslmode=${mode}`), /may be anybody/, mode);
});

test('what cannot be used is refused with the part that is wrong, and never with the password', () => {
  const wrong = {
    'postgres://u:canary@db.example': /names no database/,
    'postgres://u:canary@db.example/': /names no database/,
    'postgres://u:can/ary@db.example/app': /percent-encoded/,
    'postgres://u:canary%zz@db.example/app': /hexadecimal/,
    'postgres://u:canary@db.example:port/app': /"db.example:port"/,
    'postgres://u:canary@db.example/app?sslmod=disable': /"sslmod"/,
    'postgres://u:canary@db.example/app?schema=a;b': /"a;b"/,
    "postgres://u:canary@db.example/app?schema=a'b": /schema/,
    'postgres://u:canary@db.example/app?schema=pg_kippu': /begins with pg_/,
    'postgres://u:canary@127.0.0.1:99999/app': /port of "127.0.0.1:99999" is not from 1 to 65535/,
    'postgres://u:canary@db.example:0/app': /port/,
    'postgres://u:canary@a.example,b.example:65536/app': /port of "b.example:65536"/,
    'postgres://u:canary@db.example:123456/app': /"db.example:123456"/,
    'postgres://u:canary@db.example/app?connections=0': /connections=0/,
    'postgres://u:canary@db.example/app?listen=maybe': /listen=maybe/,
    'postgres://u:canary@db.example/app?target_session_attrs=standby': /cannot be written/,
  };
  for (const [url, what] of Object.entries(wrong)) {
    assert.throws(
      () => parseConnectionUrl(url),
      (error) =>
        error instanceof KippuError &&
        error.code === 'invalid' &&
        what.test(error.message) &&
        !/can\/?ary/.test(error.message),
      url,
    );
  }
});

test('what is shown of a URL is where it is, however badly it is written', () => {
  const withSchema = 'postgres://u:canary@db.example:5433/app?application_name=canary&schema=x_1&sslcert=canary';
  assert.equal(
    shownDatabase(withSchema),
    'postgres://db.example:5433/app?schema=x_1',
    'another schema is another store',
  );
  for (const url of [
    'postgres://u:can/a@r@y@db.example/app?password=canary',
    'postgres://u:canary@db.example/app',
    'postgres://u:can?schema=canary@db.example/app',
    'postgres://u@db.example/app?schema=can-ary',
    'postgres://db.example/app?options=x@y&schema=canary@db.example/app',
  ])
    assert.equal(shownDatabase(url), 'postgres://db.example/app');
  assert.equal(shownDatabase('sqlite:/tmp/kippu.db'), 'sqlite:/tmp/kippu.db');
});

test('the last port that there is can be used', () => {
  const { hosts } = parseConnectionUrl('postgres://a.example:65535,b.example:1/app');
  assert.deepEqual(
    hosts.map(({ port }) => port),
    [65_535, 1],
  );
});

test('a statement is sent with its parameters in order, in the schema that was chosen, and a cast stays a cast', () => {
  const { text, values } = new Statements('other').bind(
    'select :a::bigint from kippu.events where x = :b and y = :a and z = any(:list)',
    { a: 1, b: 'a\0b', list: ['x'] },
  );
  assert.equal(text, 'select $1::bigint from "other".events where x = $2 and y = $1 and z = any($3)');
  assert.deepEqual(values, [1, 'a\uFFFDb', ['x']]);
  assert.throws(() => new Statements('kippu').bind('select :missing', {}), TypeError);
});
