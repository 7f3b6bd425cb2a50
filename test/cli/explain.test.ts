import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { textWidth } from '../../src/cli/text-width.ts';
import { SANDBOX_CLIENT_SECRET } from '../../src/app/config.ts';
import { explain, explainInSandbox, leaks, type Explained } from './explain-world.ts';

interface Step {
  readonly step: number;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly keys: readonly string[];
  readonly request: { readonly headers: Record<string, string>; readonly fields: Record<string, string> } | null;
  readonly answer: {
    readonly status: number | null;
    readonly problem: string | null;
    readonly fields: Record<string, string>;
  } | null;
  readonly due_at?: string | null;
  readonly connection?: { readonly name: string };
}

const ROLES = [
  '1 user > client',
  '2 client > authorization_server',
  '3 user > authorization_server',
  '4 authorization_server > client',
  '5 client > authorization_server',
  '6 authorization_server > client',
  '7 client > resource_server',
  '8 client > authorization_server',
];

/** Each line of stdout is a step, and nothing else is there. */
function stepsOf({ stdout }: { readonly stdout: string }): Step[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Step);
}

function rolesOf(steps: readonly Step[]): string[] {
  return steps.map(({ step, from, to }) => `${step} ${from} > ${to}`);
}

/** The numbers of the steps, as a person reads them. */
function numbersIn(stderr: string): number[] {
  return [...stderr.matchAll(/^([1-8])\/8 {2}\S/gm)].map(([, number]) => Number(number));
}

/** The widest line from the first step on; what a command says before is not ours. */
function widest(stderr: string): number {
  const from = stderr.indexOf('1/8');
  assert.ok(from >= 0);
  return Math.max(...stderr.slice(from).split('\n').map(textWidth));
}

for (const server of [false, true]) {
  describe(`kippu connect --explain, ${server ? 'through a running server' : 'where no server runs'}`, () => {
    it('tells the eight steps in order, and prints the name and nothing else on stdout', async () => {
      const told = await explain({ server });
      assert.equal(told.code, 0, told.stderr);
      assert.equal(told.stdout, 'x:alice\n');
      assert.deepEqual(numbersIn(told.stderr), [1, 2, 3, 4, 5, 6, 7, 8]);
      assert.match(told.stderr, /^ {5}client -> authorization server \(through the browser\)$/m);
      assert.match(told.stderr, /^ {7}code_challenge_method {2}S256$/m);
      assert.match(told.stderr, /^ {5}< HTTP 200$/m);
      assert.match(told.stderr, /The access token lives 2 h\./);
      assert.ok(widest(told.stderr) < 80, 'a line is too wide for a terminal');
    });

    it('gives a line of JSON for each step, with who speaks to whom and with which key, and no secret', async () => {
      const told = await explain({ server, flags: ['--json'] });
      const steps = stepsOf(told);
      assert.equal(told.code, 0, told.stderr);
      assert.deepEqual(rolesOf(steps), ROLES);
      assert.deepEqual(
        steps.map(({ keys }) => keys.join(' ')),
        [
          '',
          'client_id state code_challenge',
          '',
          'state code',
          'client_id client_secret code_verifier code',
          'access_token refresh_token',
          'access_token',
          'refresh_token',
        ],
      );
      assert.equal(steps[7]?.connection?.name, 'x:alice');
      assert.deepEqual(leaks(told.stdout + told.stderr, told.secrets), []);
    });

    it('shows the same label for the same value, and no secret in any form, in either language', async () => {
      for (const japanese of [false, true]) {
        const told = await explain({ server, japanese });
        assert.ok(told.secrets.size >= 6, `only ${told.secrets.size} secrets went by`);
        assert.deepEqual(leaks(told.stdout + told.stderr, told.secrets), []);
        assert.deepEqual(leaks(told.files, told.secrets), []);
        for (const label of ['state-1', 'code-1', 'access-1']) {
          assert.equal(told.stderr.split(`[${label}]`).length - 1, 2, `${label} stands in two steps`);
        }
        assert.match(told.stderr, /Basic base64\(cli-tests:\[client-secret\]\)/);
      }
    });

    it('ends at step 4 with the refusal when the user declines', async () => {
      const told = await explain({ server, decision: 'deny' });
      assert.equal(told.code, 1);
      assert.equal(told.stdout, '');
      assert.deepEqual(numbersIn(told.stderr), [1, 2, 3, 4]);
      assert.match(told.stderr, /^ {7}error {2}access_denied$/m);
      assert.match(told.stderr, /after 4 do not happen/);
      assert.match(told.stderr, /You declined/);
    });

    it('gives the refusal as the last line of JSON', async () => {
      const told = await explain({ server, decision: 'deny', flags: ['--json'] });
      const last = stepsOf(told).at(-1);
      assert.deepEqual(
        [told.code, last?.step, last?.state, last?.request?.fields['error']],
        [1, 4, 'refused', 'access_denied'],
      );
    });

    it('shows at step 6 what the token endpoint objects to, and ends there', async () => {
      const told = await explain({ server, clientSecret: 'a-wrong-secret', flags: ['--json'] });
      const steps = stepsOf(told);
      assert.equal(told.code, 1);
      assert.deepEqual(
        steps.map(({ step }) => step),
        [1, 2, 3, 4, 5, 6],
      );
      const { state, answer } = steps[5] ?? {};
      assert.deepEqual([state, answer?.status, answer?.fields['error']], ['failed', 401, 'unauthorized_client']);
      assert.deepEqual(leaks(told.stdout + told.stderr, new Map([...told.secrets, ['a-wrong-secret', 'it']])), []);
    });

    it('says at step 6 that no answer came, when none did', async () => {
      const told = await explain({ server, meanwhile: (world) => world.sim.faults.loseNextAnswer('token') });
      assert.equal(told.code, 1);
      assert.deepEqual(numbersIn(told.stderr), [1, 2, 3, 4, 5, 6]);
      assert.match(told.stderr, /^ {5}< no answer \(reset/m);
      assert.match(told.stderr, /There are no tokens in it/);
    });

    it('leaves the renewal pending, with its time and the reason, where tokens are real', async () => {
      const told = await explain({ server, flags: ['--json'] });
      const last = stepsOf(told)[7];
      const aheadMs = Date.parse(last?.due_at ?? '') - Date.now();
      assert.equal(last?.state, 'pending');
      assert.equal(last.request, null);
      assert.ok(aheadMs > 7_000_000 && aheadMs <= 7_200_000, `due in ${aheadMs} ms`);
      const words = await explain({ server });
      assert.match(words.stderr, /Pending: not now/);
      assert.match(words.stderr, /Every rotation is a risk/);
    });

    it('says that there will be no step 8 without a refresh token', async () => {
      const told = await explain({ server, flags: ['--no-offline', '--json'] });
      const steps = stepsOf(told);
      assert.deepEqual(rolesOf(steps), ROLES);
      assert.deepEqual(steps[5]?.keys, ['access_token']);
      assert.deepEqual([steps[7]?.state, steps[7]?.due_at, steps[7]?.keys], ['none', null, []]);
    });
  });
}

describe('the eight steps', () => {
  it('are renewed at once in the sandbox, and the labels say which token is dead', async () => {
    const told = await explainInSandbox(['--json']);
    const steps = stepsOf(told);
    assert.equal(told.code, 0, told.stderr);
    assert.deepEqual(rolesOf(steps), ROLES);
    const [tokens, renewal] = [steps[5]?.answer?.fields, steps[7]];
    assert.equal(renewal?.state, 'done');
    assert.equal(renewal.request?.fields['refresh_token'], tokens?.['refresh_token']);
    assert.equal(renewal.answer?.fields['refresh_token'], '[refresh-2]');
    assert.equal(renewal.answer.fields['access_token'], '[access-2]');
    const secrets = new Map([
      [told.token, 'the access token'],
      [SANDBOX_CLIENT_SECRET, 'the client secret'],
    ]);
    assert.ok(told.token.length > 20);
    assert.deepEqual(leaks(told.stdout + told.stderr, secrets), []);
  });

  it('are told in Japanese within 80 columns', async () => {
    const told = await explain({ server: false, japanese: true });
    assert.deepEqual(numbersIn(told.stderr), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.match(told.stderr, /クライアント → 認可サーバー \(ブラウザー経由\)/);
    assert.ok(widest(told.stderr) < 80, 'a line is too wide for a terminal');
  });

  it('shows step 7 again when the resource server could not say whose account it is', async () => {
    const told = await explain({ server: false, meanwhile: (world) => world.sim.faults.failNext('me', 503) });
    assert.equal(told.code, 0, told.stderr);
    assert.deepEqual(numbersIn(told.stderr), [1, 2, 3, 4, 5, 6, 7, 7, 8]);
    assert.match(told.stderr, /^ {5}< HTTP 503$/m);
  });

  it('cost nothing but their display when the server no longer has them', async () => {
    const told: Explained = await explain({
      server: true,
      async meanwhile(world, session) {
        const { url, key } = JSON.parse(readFileSync(join(world.homePath, 'server.json'), 'utf8')) as {
          readonly url: string;
          readonly key: string;
        };
        // So many others at the same time that this one is forgotten.
        for (let others = 0; others < 20; others += 1) {
          const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
          const body = JSON.stringify({ provider: 'x', explain: true });
          await (await fetch(`${url}/v1/connect-sessions`, { method: 'POST', headers, body })).arrayBuffer();
        }
        assert.match(session, /^cns_/);
      },
    });
    assert.equal(told.code, 0, told.stderr);
    assert.equal(told.stdout, 'x:alice\n');
    assert.match(told.stderr, /The steps cannot be shown/);
    assert.equal(told.stderr.match(/The steps cannot be shown/g)?.length, 1);
  });
});
