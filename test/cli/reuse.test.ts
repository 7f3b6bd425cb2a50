import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_ID, CliWorld } from './cli-world.ts';

const REDIRECT_URI = 'http://127.0.0.1:9/other';
const VERIFIER = 'v'.repeat(43);

/** What another program of the user obtained: Kippu takes it over, and somebody has a copy. */
async function tokensOf(world: CliWorld, user: string): Promise<{ access_token: string; refresh_token: string }> {
  const page = new URL('/i/oauth2/authorize', world.sim.url);
  page.search = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    state: 's',
    scope: 'tweet.read users.read offline.access',
    code_challenge: VERIFIER,
    code_challenge_method: 'plain',
  }).toString();
  const code = new URL(world.sim.consent(page.href, { user })).searchParams.get('code') ?? '';
  const answer = await token(world, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  });
  assert.equal(answer.status, 200);
  return (await answer.json()) as { access_token: string; refresh_token: string };
}

function token(world: CliWorld, form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ ...form, client_id: CLIENT_ID });
  return fetch(new URL('/2/oauth2/token', world.sim.url), { method: 'POST', body });
}

test('a refresh token that a thief used first: the renewal asks for consent, and "kippu show" says what may have happened', async () => {
  await using world = await CliWorld.create();
  const tokens = await tokensOf(world, 'alice');
  const imported = await world.run(['import', 'x', '--from', '-'], { stdin: JSON.stringify(tokens) });
  assert.equal(imported.code, 0, imported.stderr);
  const stolen = await token(world, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.equal(stolen.status, 200);

  assert.equal((await world.run(['renew', 'x:alice'])).code, 3);
  const { stdout } = await world.run(['show', 'x:alice']);
  assert.match(stdout, /Somebody else may have this refresh token \(/);
  assert.match(stdout, /was good and was never used from here/);
  assert.match(stdout, /It can also be that the user removed this app/);
  assert.match(stdout, /kippu connect x --connection x:alice/);
  assert.doesNotMatch(stdout, /kippu revoke/, 'nothing is left here to revoke');
  assert.match((await world.run(['show', 'x:alice', '--lang', 'ja'])).stdout, /他人の手に渡ったおそれがあります/);

  const again = await world.connect(['--connection', 'x:alice']);
  assert.equal(again.code, 0, again.stderr);
  assert.doesNotMatch((await world.run(['show', 'x:alice'])).stdout, /Somebody else may have/);
  for (const secret of [tokens.access_token, tokens.refresh_token]) assert.ok(!stdout.includes(secret));
});

test('a copy that is brought after its use is refused, and the connection is told', async () => {
  await using world = await CliWorld.create();
  const tokens = await tokensOf(world, 'alice');
  const stdin = JSON.stringify(tokens);
  await world.run(['import', 'x', '--from', '-'], { stdin });
  assert.equal((await world.run(['renew', 'x:alice'])).code, 0);
  const { code, stderr } = await world.run(['import', 'x', '--name', 'mine', '--from', '-'], { stdin });
  assert.equal(code, 1);
  assert.match(stderr, /was spent here already/);
  assert.equal(world.sim.state().counts.presentedTwice, 0, 'the provider never saw it');
  const { stdout } = await world.run(['show', 'x:alice']);
  assert.match(stdout, /A copy of it was brought here after it had been used/);
  assert.doesNotMatch(stdout, /It can also be that the user removed/);
  assert.match(stdout, /kippu revoke x:alice/);
});

test('P20: the same app that signs the account in elsewhere ends this grant: it is noticed, and explained', async () => {
  await using world = await CliWorld.create();
  await world.connect();
  assert.doesNotMatch((await world.run(['doctor'])).stdout, /another installation/);
  await tokensOf(world, 'alice');
  assert.equal((await world.run(['renew', 'x:alice'])).code, 3);
  assert.match((await world.run(['show', 'x:alice'])).stdout, /connected the account with the same app elsewhere/);
  const { stdout } = await world.run(['doctor', '--json']);
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; level: string; message: string; advice: string }[];
  };
  const finding = findings.find(({ check }) => check === 'reuse_suspected');
  assert.equal(finding?.level, 'warning');
  assert.match(finding?.message ?? '', /x:alice.*another installation signed the account in with the same app/);
  assert.match(finding?.advice ?? '', /a provider app of its own/);
});
