import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { assertInstalled, installedPart, notInstalled } from '../../src/model/installed-part.ts';

/** As Node words them: `require` of a package, `import` of one, `import` of a file. */
const FROM_REQUIRE = {
  code: 'MODULE_NOT_FOUND',
  message: "Cannot find module 'nodemailer'\nRequire stack:\n- /app/a.js",
};
const FROM_IMPORT = {
  code: 'ERR_MODULE_NOT_FOUND',
  message: "Cannot find package '@hono/node-server' imported from /app/a.js",
};
const OF_A_FILE = {
  code: 'ERR_MODULE_NOT_FOUND',
  message: "Cannot find module '/app/dist/gone.js' imported from /app/a.js",
};
const OF_A_NEIGHBOUR = {
  code: 'MODULE_NOT_FOUND',
  message: "Cannot find module './gone.js'\nRequire stack:\n- /app/a.js",
};

describe('an optional package', () => {
  it('is given when it is there', () => {
    const { encode } = installedPart('uqr', 'A QR code') as { encode?(text: string): unknown };
    assert.equal(typeof encode, 'function');
    assertInstalled('uqr', 'A QR code');
  });

  it('that is missing is named in one line, with who needs it', () => {
    for (const ask of [() => installedPart('not-there', 'A test'), () => assertInstalled('not-there', 'A test')]) {
      assert.throws(ask, (error: KippuError) => {
        assert.equal(error.code, 'not_installed');
        assert.match(
          error.message,
          /^A test needs the package "not-there", which is not installed: npm install not-there \(/,
        );
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    }
  });

  it('is asked for in the version that Kippu is tested with', () => {
    assert.match(
      notInstalled(thrown(FROM_REQUIRE), 'a notice')?.message ?? '',
      /: npm install nodemailer@\d+\.\d+\.\d+ /,
    );
    assert.match(notInstalled(thrown(FROM_IMPORT), 'kippu up')?.message ?? '', /: npm install @hono\/node-server@\d/);
  });

  it('is not blamed for a file of ours that is gone, nor for any other error', () => {
    for (const facts of [OF_A_FILE, OF_A_NEIGHBOUR, { code: 'ENOENT', message: "Cannot find package 'nodemailer'" }])
      assert.equal(notInstalled(thrown(facts), 'kippu'), undefined, facts.message);
    for (const other of [new TypeError("Cannot find package 'nodemailer'"), "Cannot find package 'pg'", undefined])
      assert.equal(notInstalled(other, 'kippu'), undefined);
  });

  it('whose own loading fails is not called missing', () => {
    assert.throws(
      () => installedPart('./no-such-file.js', 'A test'),
      (error: Error) => !(error instanceof KippuError),
    );
  });
});

function thrown({ code, message }: { readonly code: string; readonly message: string }): Error {
  return Object.assign(new Error(message), { code });
}
