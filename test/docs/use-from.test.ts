import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AskedKippu } from './asked-kippu.ts';

/** The programs of `docs/use-from` are run as a reader runs them, against a Kippu with an account at a simulated X. */
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'use-from');
const PATIENCE_MS = 60_000;

interface Page {
  readonly fence: string;
  /** What runs the program, once it stands in this file. Absent: it needs a project around it. */
  readonly run?: { readonly file: string; readonly needs: readonly string[]; readonly command: readonly string[] };
  /** Turns the check of certificates off there. */
  readonly insecure: readonly string[];
}

/** `sw_vers` is on a Mac only, and so is the Foundation that this is compiled with. */
const COMPILED_OBJECTIVE_C = 'clang -fobjc-arc -framework Foundation me.m -o me && exec ./me "$@"';

/** Once, where a reader's `java Me.java` does it at each run. */
const COMPILED_JAVA = '[ -e Me.class ] || javac Me.java && exec java -Xshare:auto -XX:TieredStopAtLevel=1 Me "$@"';

const PAGES: Readonly<Record<string, Page>> = {
  curl: {
    fence: 'sh',
    run: { file: 'me.sh', needs: ['sh', 'curl'], command: ['sh', 'me.sh'] },
    insecure: ['--insecure', ' -k', 'proxy-insecure', 'insecure ='],
  },
  csharp: {
    fence: 'csharp',
    insecure: ['ServerCertificateCustomValidationCallback', 'ServerCertificateValidationCallback', 'DangerousAccept'],
  },
  go: {
    fence: 'go',
    run: { file: 'me.go', needs: ['go'], command: ['go', 'run', 'me.go'] },
    insecure: ['InsecureSkipVerify'],
  },
  java: {
    fence: 'java',
    run: { file: 'Me.java', needs: ['java', 'javac'], command: ['sh', '-c', COMPILED_JAVA, 'sh'] },
    insecure: ['TrustManager', 'HostnameVerifier', 'disableHostnameVerification', 'SSLContext'],
  },
  javascript: {
    fence: 'js',
    run: { file: 'me.mjs', needs: ['node'], command: [process.execPath, 'me.mjs'] },
    insecure: ['rejectUnauthorized', 'NODE_TLS_REJECT_UNAUTHORIZED', 'checkServerIdentity'],
  },
  'objective-c': {
    fence: 'objc',
    run: { file: 'me.m', needs: ['clang', 'sw_vers'], command: ['sh', '-c', COMPILED_OBJECTIVE_C, 'sh'] },
    insecure: ['NSAllowsArbitraryLoads', 'didReceiveChallenge', 'allowsAnyHTTPSCertificate', 'serverTrust'],
  },
  php: {
    fence: 'php',
    run: { file: 'me.php', needs: ['php'], command: ['php', 'me.php'] },
    insecure: ['verify_peer', 'allow_self_signed', 'SSL_VERIFY'],
  },
  python: {
    fence: 'python',
    run: { file: 'me.py', needs: ['python3'], command: ['python3', 'me.py'] },
    insecure: ['verify=False', '_create_unverified_context', 'CERT_NONE', 'check_hostname'],
  },
  ruby: {
    fence: 'ruby',
    run: { file: 'me.rb', needs: ['ruby'], command: ['ruby', 'me.rb'] },
    insecure: ['VERIFY_NONE', 'verify_mode', 'verify_hostname'],
  },
  swift: {
    fence: 'swift',
    run: { file: 'me.swift', needs: ['swift'], command: ['swift', 'me.swift'] },
    insecure: ['NSAllowsArbitraryLoads', 'didReceive challenge', 'serverTrust', 'URLCredential'],
  },
};

describe('the programs in other languages', { concurrency: 2 }, () => {
  it('have a page each, and the table of the pages names all of them', () => {
    const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
    assert.deepEqual(
      pages.sort(),
      Object.keys(PAGES)
        .map((name) => `${name}.md`)
        .sort(),
    );
    const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
    for (const page of pages) assert.ok(readme.includes(`| [${page}](${page}) |`), page);
  });

  for (const [name, page] of Object.entries(PAGES)) {
    it(`take all they need from the environment, and check certificates: ${name}`, () => {
      const program = programOf(name);
      for (const wanted of ['KIPPU_URL', 'KIPPU_API_KEY', '/v1/connections/', 'refused', '401', '403', '503'])
        assert.ok(program.includes(wanted) || SPELT[wanted]?.some((word) => program.includes(word)), wanted);
      for (const wanted of ['access_token', 'connect_url', 'retry'])
        assert.ok(program.toLowerCase().includes(wanted), wanted);
      const text = readFileSync(path.join(folder, `${name}.md`), 'utf8');
      assert.deepEqual(
        page.insecure.filter((word) => text.includes(word)),
        [],
      );
      assert.doesNotMatch(text, /kpu_[A-Za-z0-9]|Bearer [A-Za-z0-9_-]{8,}/, 'something that looks like a secret');
    });

    it(
      `get a token, answer a 401, and say what is wrong: ${name}`,
      { skip: skipOf(page), timeout: 6 * PATIENCE_MS },
      () => tried(name, page),
    );
  }
});

/** Other ways to write a status. */
const SPELT: Readonly<Record<string, readonly string[]>> = {
  '401': ['Unauthorized'],
  '403': ['Forbidden'],
  '503': ['ServiceUnavailable', '--retry'],
};

function programOf(name: string): string {
  const text = readFileSync(path.join(folder, `${name}.md`), 'utf8');
  const [, program] = new RegExp(`^\`\`\`${PAGES[name]?.fence}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text) ?? [];
  assert.ok(program !== undefined, `${name}.md has no program`);
  return program;
}

function skipOf({ run }: Page): string | false {
  if (run === undefined) return 'because it needs a project around it, and a .NET SDK that fits';
  const missing = run.needs.find((command) => !isHere(command));
  return missing === undefined ? false : `because this machine has no ${missing}`;
}

function isHere(command: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory, command), constants.X_OK);
      return true;
    } catch {
      // Not in this one.
      return false;
    }
  });
}

async function tried(name: string, page: Page): Promise<void> {
  await using kippu = await AskedKippu.open();
  await kippu.connect();
  using reader = new Reader(programOf(name), page, kippu);
  const key = await kippu.key('tokens:read');

  const plain = await reader.run(key);
  assert.equal(plain.exitCode, 0, plain.errors);
  assert.match(plain.output, /"username":"alice"/);

  kippu.unavailable = 2;
  const waited = await reader.run(key);
  assert.equal(waited.exitCode, 0, waited.errors);
  assert.equal(kippu.unavailable, 0);

  kippu.endAccessToken();
  const renewed = await reader.run(key);
  assert.equal(renewed.exitCode, 0, renewed.errors);
  assert.match(renewed.output, /"username":"alice"/);
  assert.equal(kippu.x.state().counts.renewals, 1);

  for (const [wrong, status] of [
    ['kpu_of_nobody', '401'],
    [await kippu.key('posts:read'), '403'],
  ] as const) {
    const refused = await reader.run(wrong);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.errors, new RegExp(`Kippu answered ${status}[^]*KIPPU_API_KEY`));
  }

  kippu.x.removeApp('alice');
  kippu.endAccessToken();
  const over = await reader.run(key);
  assert.notEqual(over.exitCode, 0);
  assert.match(over.errors, /Kippu answered 409[^]*reauth_required/);
  assert.match(over.errors, /The user consents again at http:\/\/127\.0\.0\.1:4180\/reconnect\/con_/);
  assert.equal(kippu.x.state().counts.presentedTwice, 0);
}

interface Ran {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Somebody who has copied the program into a file. */
class Reader implements Disposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'kippu-use-from-'));
  readonly #command: readonly string[];
  readonly #kippu: AskedKippu;

  constructor(program: string, { run }: Page, kippu: AskedKippu) {
    assert.ok(run !== undefined);
    this.#command = run.command;
    this.#kippu = kippu;
    writeFileSync(path.join(this.#folder, run.file), program);
  }

  async run(key: string): Promise<Ran> {
    const [command = '', ...before] = this.#command;
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, KIPPU_URL: this.#kippu.url, KIPPU_API_KEY: key };
    const args = [...before, 'x:alice', `${this.#kippu.x.url}/2/users/me`];
    const ran = await new Promise<Ran>((resolve) => {
      execFile(command, args, { cwd: this.#folder, env, timeout: PATIENCE_MS }, (error, output, errors) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ exitCode, output, errors });
      });
    });
    assert.ok(!`${ran.output}${ran.errors}`.includes(key), 'the key was printed');
    return ran;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
