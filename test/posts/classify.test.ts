import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpAnswer } from '../../src/model/http.ts';
import type { PublishOutcome } from '../../src/model/post.ts';
import { classify } from '../../src/posts/classify.ts';
import { xNetwork } from '../../src/posts/networks/x.ts';
import { answer } from '../support/scripted-x.ts';

const outcomeOf = (http: HttpAnswer): PublishOutcome => classify(http, xNetwork);
const summary = (outcome: PublishOutcome): string =>
  `${outcome.kind}${'reason' in outcome ? `: ${outcome.reason}` : ''}`;
const at = (status: number, body: unknown, headers?: Record<string, string>): string =>
  summary(outcomeOf(answer(status, body, headers)));

const X = 'https://api.x.com/2/problems';
const TWITTER = 'https://api.twitter.com/2/problems';

/** Bodies as they were recorded. */
const RECORDED: readonly (readonly [string, number, unknown, string])[] = [
  [
    'an expired or revoked token',
    401,
    { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' },
    'not_created: unauthorized',
  ],
  [
    'an app-only token',
    403,
    {
      title: 'Unsupported Authentication',
      detail:
        'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].',
      type: `${TWITTER}/unsupported-authentication`,
      status: 403,
    },
    'refused: unsupported_authentication',
  ],
  [
    'a duplicate text',
    403,
    {
      detail: 'You are not allowed to create a Tweet with duplicate content.',
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
    },
    'refused: duplicate_content',
  ],
  [
    'a duplicate text in the older shape',
    403,
    { errors: [{ code: 187, message: 'Status is a duplicate.' }] },
    'refused: duplicate_content',
  ],
  [
    'no permission',
    403,
    { title: 'Forbidden', detail: 'You are not permitted to perform this action.', type: 'about:blank', status: 403 },
    'refused: not_permitted',
  ],
  [
    'a reply without a summons',
    403,
    {
      detail:
        'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.',
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
    },
    'refused: reply_not_allowed',
  ],
  [
    'an app that is not enrolled',
    403,
    {
      client_id: '1',
      detail: 'When authenticating requests…',
      registration_url: 'https://developer.twitter.com',
      title: 'Client Forbidden',
      required_enrollment: 'Appropriate Level of API Access',
      reason: 'client-not-enrolled',
      type: `${TWITTER}/client-forbidden`,
    },
    'refused: client_not_enrolled',
  ],
  [
    'the same from the newer host',
    403,
    { title: 'Client Forbidden', reason: 'client-not-enrolled', type: `${X}/client-forbidden` },
    'refused: client_not_enrolled',
  ],
  [
    'no credits, as of late 2026',
    402,
    { detail: 'credits depleted', status: 402, title: 'Payment Required', type: `${X}/credits-depleted` },
    'not_created: credits_depleted',
  ],
  [
    'no credits, as of early 2026',
    402,
    {
      title: 'CreditsDepleted',
      detail: 'Your enrolled account [1] does not have any credits to fulfill this request.',
      type: `${TWITTER}/credits`,
    },
    'not_created: credits_depleted',
  ],
  [
    'the rate limit',
    429,
    { title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank', status: 429 },
    'not_created: rate_limited',
  ],
  [
    'the rate limit in the older shape',
    429,
    { errors: [{ code: 88, message: 'Rate limit exceeded' }] },
    'not_created: rate_limited',
  ],
  [
    'the monthly cap',
    429,
    {
      title: 'UsageCapExceeded',
      detail: 'Usage cap exceeded: Monthly product cap',
      type: `${TWITTER}/usage-capped`,
      period: 'Monthly',
      scope: 'Product',
    },
    'refused: usage_capped',
  ],
  [
    'the monthly cap as a 403',
    403,
    { title: 'UsageCapExceeded', type: `${X}/usage-capped`, period: 'Monthly' },
    'refused: usage_capped',
  ],
  [
    'a bad request',
    400,
    {
      errors: [{ parameters: { text: ['…'] }, message: '$.text: bad' }],
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: `${X}/invalid-request`,
    },
    'refused: invalid_post',
  ],
  [
    'an unprocessable request',
    422,
    { title: 'Unprocessable', type: 'about:blank', status: 422 },
    'refused: invalid_post',
  ],
  [
    'a parent that is gone',
    403,
    {
      detail: 'You attempted to reply to a Tweet that is deleted or not visible to you.',
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
    },
    'refused: invalid_post',
  ],
  ['another client error', 413, 'too large', 'refused: refused_by_network'],
  ['a client error without a body', 403, '', 'refused: not_permitted'],
  ['a 401 that is no JSON', 401, '<html>', 'not_created: unauthorized'],
];

describe("X's refusals, with the bodies as recorded", () => {
  for (const [what, status, body, expected] of RECORDED) {
    it(`${what}: ${expected}`, () => {
      assert.equal(at(status, body), expected);
    });
  }

  it("keep X's own words, and not more than a few", () => {
    const outcome = outcomeOf(
      answer(403, { detail: 'You are not permitted to perform this action.', title: 'Forbidden' }),
    );
    assert.equal('detail' in outcome && outcome.detail, 'HTTP 403: You are not permitted to perform this action.');
    const long = outcomeOf(answer(400, { detail: 'x'.repeat(10_000) }));
    assert.ok('detail' in long && long.detail.length < 400);
  });

  it('a bad parameter is named', () => {
    const outcome = outcomeOf(
      answer(400, {
        errors: [{ message: '$.foo: is not defined in the schema' }],
        detail: 'One or more parameters to your request was invalid.',
      }),
    );
    assert.match('detail' in outcome ? outcome.detail : '', /\$\.foo/);
  });
});

describe('when the next try is allowed', () => {
  const retryAt = (headers: Record<string, string>): number | undefined => {
    const outcome = outcomeOf(answer(429, {}, headers));
    return outcome.kind === 'not_created' ? outcome.retryAtMs : undefined;
  };

  it('at the reset of the window', () => {
    assert.equal(retryAt({ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1763683200' }), 1_763_683_200_000);
    assert.equal(retryAt({ 'x-rate-limit-reset': '1763683200' }), 1_763_683_200_000);
  });

  it('at the reset of the limit that is used up, when it is another one', () => {
    const headers = {
      'x-rate-limit-remaining': '57',
      'x-rate-limit-reset': '1763683200',
      'x-user-limit-24hour-remaining': '0',
      'x-user-limit-24hour-reset': '1763760000',
      'x-app-limit-24hour-remaining': '12',
      'x-app-limit-24hour-reset': '1763800000',
    };
    assert.equal(retryAt(headers), 1_763_760_000_000);
  });

  it('unknown, where the headers say nothing or nonsense', () => {
    assert.equal(retryAt({}), undefined);
    assert.equal(retryAt({ 'x-rate-limit-reset': 'soon' }), undefined);
  });
});

describe('what proves that a post exists', () => {
  it('a 201 or 200 with an id', () => {
    assert.deepEqual(outcomeOf(answer(201, { data: { id: '1445880548472328192', text: 'hi' } })), {
      kind: 'published',
      remoteId: '1445880548472328192',
    });
    assert.equal(
      at(200, { data: { id: '1445880548472328192', text: 'hi', edit_history_tweet_ids: ['1445880548472328192'] } }),
      'published',
    );
  });

  it('also with errors beside the data', () => {
    assert.equal(
      at(200, { data: { id: '1' }, errors: [{ title: 'Not Found Error', detail: 'Could not find user' }] }),
      'published',
    );
  });
});

describe('what proves nothing', () => {
  it('a 2xx that cannot be read', () => {
    assert.equal(at(201, ''), 'unanswered');
    assert.equal(at(201, '{"data":{"id":"14458'), 'unanswered');
    assert.equal(at(200, { errors: [{ title: 'Something' }] }), 'unanswered');
    assert.equal(at(201, { data: { id: 1445880548472328192 } }), 'unanswered');
    assert.equal(at(201, { data: { id: 'x' } }), 'unanswered');
    assert.equal(at(201, []), 'unanswered');
    assert.equal(at(204, ''), 'unanswered');
  });

  it('a 2xx that was cut off, even where an id can be read', () => {
    assert.equal(summary(outcomeOf({ ...answer(201, { data: { id: '1' } }), complete: false })), 'unanswered');
  });

  it('a 5xx, a redirect, a 408', () => {
    for (const status of [500, 502, 503, 504, 301, 302, 307, 408, 499])
      assert.equal(at(status, { title: 'x' }), 'unanswered', String(status));
  });

  it('a timeout, a reset, something that is not HTTP', () => {
    for (const cause of ['timeout', 'reset', 'not_http'] as const)
      assert.equal(summary(outcomeOf({ kind: 'unanswered', cause, detail: '' })), 'unanswered');
  });
});

describe('what proves that nothing was created', () => {
  it('a request that was never sent', () => {
    for (const cause of ['dns', 'connect', 'tls'] as const)
      assert.equal(summary(outcomeOf({ kind: 'not_sent', cause, detail: '' })), 'not_created: unreachable');
    assert.equal(summary(outcomeOf({ kind: 'not_sent', cause: 'withdrawn', detail: '' })), 'not_created: withdrawn');
  });

  it('a refusal whose body was cut off', () => {
    assert.equal(
      summary(outcomeOf({ ...answer(403, '{"detail":"You are not perm'), complete: false })),
      'refused: not_permitted',
    );
  });
});
