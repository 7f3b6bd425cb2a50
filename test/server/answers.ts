import assert from 'node:assert/strict';
import type { HttpRequest } from '../../src/model/http.ts';
import { ROUTES } from '../../src/server/routes.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly response: Response;
  readonly text: string;
}

/** The only answers that may hold a token or a key: those that exist to hand one out. */
const HAND_OUT =
  /^(GET|POST) \/v1\/connections\/[^/]+\/token$|^POST \/v1\/(api-keys|webhooks|webhooks\/[^/]+\/secret)$/;

/** Every answer that a test got, held against what holds for all of them. */
export class Answers {
  /** Tokens, codes, keys: whatever must not turn up in an answer that is not made for it. */
  readonly secrets = new Set<string>();
  /** What went to the provider. */
  readonly sent: HttpRequest[] = [];
  /** What was logged meanwhile, at the most talkative level. */
  readonly logged: string[] = [];
  readonly #seen: Seen[] = [];

  check(seen: Seen): void {
    this.#seen.push(seen);
    const { response, method, url, text } = seen;
    const { headers, status } = response;
    const what = `${method} ${new URL(url).pathname}: ${status} ${text.slice(0, 300)}`;
    assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, what);
    assert.equal(headers.get('access-control-allow-origin'), null, what);
    assert.equal(headers.get('cache-control'), 'no-store', what);
    if (status >= 400 && isData(url) && !isProxied(url)) checkProblem(seen, what);
    else checkForm(seen, what);
  }

  /** At the end, when all secrets are known. */
  checkAll(): void {
    const log = this.logged.join('');
    for (const secret of this.secrets) assert.ok(!log.includes(secret), 'the log holds a secret');
    for (const { method, url, text, response } of this.#seen) {
      if (HAND_OUT.test(`${method} ${new URL(url).pathname}`)) continue;
      const shown = [
        text,
        ...[...response.headers].filter(([name]) => name !== 'set-cookie').map(([, value]) => value),
      ].join('\n');
      for (const secret of this.secrets)
        assert.ok(!shown.includes(secret), `${method} ${url} shows a secret: ${shown.slice(0, 300)}`);
    }
  }
}

function checkProblem({ response, text, url }: Seen, what: string): void {
  if (new URL(url).pathname === '/readyz') return;
  assert.equal(response.headers.get('content-type'), 'application/problem+json', what);
  const problem = JSON.parse(text) as Record<string, unknown>;
  for (const field of ['type', 'title', 'detail', 'code']) assert.equal(typeof problem[field], 'string', what);
  assert.equal(problem['status'], response.status, what);
  const retryAfter = problem['retry_after'];
  assert.ok(retryAfter === undefined || typeof retryAfter === 'number', what);
  assert.equal(response.headers.get('retry-after'), retryAfter === undefined ? null : String(retryAfter), what);
}

/** What is described is what is answered, field by field. */
function checkForm({ method, url, response, text }: Seen, what: string): void {
  const { pathname } = new URL(url);
  const route = ROUTES.find((candidate) => candidate.method === method && matches(candidate.path, pathname));
  const isJson = response.headers.get('content-type') === 'application/json';
  if (route?.answer === undefined || !isJson || isProxied(url)) return;
  if (pathname !== '/readyz') assert.equal(response.status, route.status ?? 200, what);
  const parsed = route.answer.safeParse(JSON.parse(text));
  assert.ok(parsed.success, `${what}\n${parsed.error?.message}`);
}

function matches(path: string, pathname: string): boolean {
  return new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replace('{path}', '.*')
      .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
  ).test(pathname);
}

function isProxied(url: string): boolean {
  return url.includes('/proxy/');
}

function isData(url: string): boolean {
  return /^\/(v1|healthz|readyz|metrics)/.test(new URL(url).pathname);
}
