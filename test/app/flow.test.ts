import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { FlowRecord } from '../../src/app/flow/flow-record.ts';
import { Flows } from '../../src/app/flow/flows.ts';
import { keysIn, Labels, maskAnswer, maskFields, maskRequest } from '../../src/app/flow/masking.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import type { ConsentId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { xData } from '../../src/providers/data/x.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const app = providerApp(xData, { clientId: 'a-client', clientSecret: new Secret('a-client-secret') });
const ID = 'cns_00000000000000000000' as ConsentId;
const CALLBACK = 'http://127.0.0.1:4180/callback/x';
const AUTHORIZATION = 'https://x.com/i/oauth2/authorize?response_type=code&client_id=a-client&state=the-state';
const BASIC = `Basic ${Buffer.from('a-client:a-client-secret').toString('base64')}`;

function exchange(form: Readonly<Record<string, string>>, authorization = BASIC): HttpRequest {
  return {
    method: 'POST',
    url: app.endpoints.token,
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
    body: new URLSearchParams(form).toString(),
    connectTimeoutMs: 1,
    answerTimeoutMs: 1,
    bodyBytesMax: 1,
  };
}

function answered(body: unknown, status = 200): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'answered', status, headers: {}, body: Buffer.from(text), complete: true };
}

const CODE = exchange({ grant_type: 'authorization_code', code: 'the-code', code_verifier: 'the-verifier' });
const TOKENS = answered({ access_token: 'the-access', refresh_token: 'the-refresh', expires_in: 7200 });

describe('a masked message', () => {
  it('has a label for each secret, the same for the same value in the same role', () => {
    const labels = new Labels();
    assert.deepEqual(
      maskFields(
        [
          ['code', 'one'],
          ['state', 'one'],
        ],
        labels,
      ),
      { code: '[code-1]', state: '[state-1]' },
    );
    assert.deepEqual(maskFields([['code', 'two']], labels), { code: '[code-2]' });
    assert.deepEqual(maskFields([['code', 'one']], labels), { code: '[code-1]' });
  });

  it('names a field that nobody knows, and does not show it', () => {
    const fields = maskFields(
      [
        ['mystery', 'x'],
        ['constructor', 'y'],
        ['__proto__', 'z'],
        ['client_secret', 's'],
      ],
      new Labels(),
    );
    assert.equal(fields['mystery'], '[not shown]');
    assert.equal(fields['constructor'], '[not shown]');
    assert.equal(fields['client_secret'], '[client-secret]');
    assert.doesNotMatch(JSON.stringify(fields), /"[xyzs]"/);
  });

  it('never shows the client secret, in Basic or in the body, nor a scheme that it does not know', () => {
    const labels = new Labels();
    const basic = maskRequest(exchange({ grant_type: 'refresh_token' }), 'a-client', labels);
    assert.equal(basic.headers['authorization'], 'Basic base64(a-client:[client-secret])');
    const strange = maskRequest(exchange({}, 'Negotiate something'), 'a-client', labels);
    assert.equal(strange.headers['authorization'], '[not shown]');
    const bound = maskRequest(exchange({ client_assertion: 'a.b.c' }, 'DPoP the-access'), 'a-client', labels);
    assert.equal(bound.headers['authorization'], 'DPoP [access-1]');
    assert.deepEqual(bound.fields, { client_assertion: '[not shown]' });
    assert.deepEqual(keysIn(basic), ['client_id', 'client_secret']);
  });

  it('hides a secret of the request that an answer quotes, whatever field quotes it', () => {
    const quoting = answered(
      {
        error: 'the-code',
        error_description: 'the-code or the-verifier for a-client-secret, abcdefghijklmnopqrstuvwx12345',
        scope: `${BASIC.slice(6)} the-code`,
      },
      400,
    );
    const masked = maskAnswer(quoting, new Labels(), { request: CODE });
    assert.ok(masked.kind === 'answered');
    assert.deepEqual(masked.fields, {
      error: '[code-1]',
      error_description: '[code-1] or [verifier-1] for [client-secret], […]',
      scope: '[client-secret] [code-1]',
    });
  });

  it('is made of anything that arrives', () => {
    for (const body of [
      '',
      'null',
      '[]',
      '"a"',
      '<html>',
      '{"a":{"b":{"c":{"d":{"e":"deep"}}}}}',
      '{"access_token":',
    ]) {
      const masked = maskAnswer(answered(body, 502), new Labels(), { request: CODE });
      assert.ok(masked.kind === 'answered' && masked.status === 502, body);
      assert.doesNotMatch(JSON.stringify(masked.fields), /deep|a\.b\.c\.d/);
    }
  });
});

describe('the record of a flow', () => {
  const record = (): FlowRecord => new FlowRecord(app, new VirtualClock());
  const numbers = (flow: FlowRecord): string => flow.steps.map(({ step }) => step).join('');

  it('knows its own requests by what they carry, and no others', () => {
    const flow = record();
    flow.departed(AUTHORIZATION);
    assert.equal(flow.hears(CODE), undefined);
    flow.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    flow.hears(CODE)?.(TOKENS);
    assert.equal(numbers(flow), '23456');
    assert.equal(flow.hears(exchange({ grant_type: 'refresh_token', refresh_token: 'another' })), undefined);
    assert.equal(flow.hears(exchange({ grant_type: 'authorization_code', code: '' })), undefined);
    assert.equal(
      flow.hears({ ...CODE, url: 'https://api.x.com/2/tweets', headers: { authorization: 'Bearer the-access' } }),
      flow.hears(exchange({})),
    );
  });

  it('takes back an answer that came with somebody else', () => {
    const flow = record();
    flow.departed(AUTHORIZATION);
    flow.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    flow.arrivalEnded('not_ours');
    assert.equal(numbers(flow), '23');
  });

  it('takes nothing for a secret that it is not: an empty code is no code', () => {
    const flow = record();
    flow.arrived(CALLBACK, new URLSearchParams({ state: '', code: '' }));
    assert.equal(flow.isOf(''), false);
    assert.equal(flow.hears(exchange({ grant_type: 'authorization_code' })), undefined);
  });

  it('shows one renewal, the first', () => {
    const flow = record();
    flow.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    flow.hears(CODE)?.(TOKENS);
    const renewal = exchange({ grant_type: 'refresh_token', refresh_token: 'the-refresh' });
    flow.hears(renewal)?.(answered({ access_token: 'next', refresh_token: 'next-refresh' }));
    assert.equal(flow.hears(renewal), undefined);
    assert.equal(flow.hears(exchange({ grant_type: 'refresh_token', refresh_token: 'next-refresh' })), undefined);
    assert.equal(numbers(flow), '4568');
  });

  it('does not grow without end', () => {
    const flow = record();
    for (let again = 0; again < 1000; again += 1) flow.departed(AUTHORIZATION);
    assert.equal(flow.steps.length, 50);
  });
});

describe('explained flows', () => {
  const asked = { url: 'http://127.0.0.1:4180/v1/connect-sessions', scopes: ['users.read'] };

  function flowsOver(http: HttpClient, clock = new VirtualClock()): Flows {
    return new Flows(http, { clock, log: pino({ level: 'silent' }) });
  }

  it('pass every request and every answer on as they are, with whoever watches it', async () => {
    const watch = { sent: (): void => undefined };
    const sent: unknown[] = [];
    const flows = flowsOver({ send: async (...args) => (sent.push(args), TOKENS) });
    flows.begin(ID, app, asked);
    assert.equal(await flows.send(CODE, watch), TOKENS);
    assert.deepEqual(sent, [[CODE, watch]]);
  });

  it('never disturb an exchange: what cannot be written down is not', async () => {
    const broken: HttpAnswer = {
      kind: 'answered',
      status: 200,
      headers: {},
      complete: true,
      get body(): Uint8Array {
        throw new Error('broken');
      },
    };
    const flows = flowsOver({ send: async () => broken });
    flows.begin(ID, app, asked);
    flows.departed(ID, AUTHORIZATION);
    flows.departed(ID, 'no address at all');
    flows.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    assert.equal(await flows.send(CODE), broken);
    assert.deepEqual(
      flows.stepsOf(ID)?.map(({ step }) => step),
      [1, 2, 3, 4, 5],
    );
  });

  it('are listened to for half an hour', async () => {
    const clock = new VirtualClock();
    const flows = flowsOver({ send: async () => TOKENS }, clock);
    flows.begin(ID, app, asked);
    flows.departed(ID, AUTHORIZATION);
    await clock.advance(30 * 60_000);
    flows.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    await flows.send(CODE);
    assert.deepEqual(
      flows.stepsOf(ID)?.map(({ step }) => step),
      [1, 2, 3],
    );
  });

  it('are twenty at most: the oldest is forgotten', () => {
    const flows = flowsOver({ send: async () => TOKENS });
    const ids = Array.from({ length: 21 }, (_, index) => `cns_${index}` as ConsentId);
    for (const id of ids) flows.begin(id, app, asked);
    assert.deepEqual(
      ids.filter((id) => flows.stepsOf(id) === undefined),
      ['cns_0'],
    );
  });

  it('hold no secret in the clear', async () => {
    const flows = flowsOver({ send: async () => TOKENS });
    flows.begin(ID, app, asked);
    flows.departed(ID, AUTHORIZATION);
    flows.arrived(CALLBACK, new URLSearchParams({ state: 'the-state', code: 'the-code' }));
    await flows.send(CODE);
    assert.equal(flows.stepsOf(ID)?.length, 6);
    assert.doesNotMatch(JSON.stringify(flows.stepsOf(ID)), /the-|a-client-secret/);
  });

  it('are those that somebody asked for, and no others', () => {
    const flows = flowsOver({ send: async () => TOKENS });
    flows.departed(ID, AUTHORIZATION);
    assert.equal(flows.stepsOf(ID), undefined);
  });
});
