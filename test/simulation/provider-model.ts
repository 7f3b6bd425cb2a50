import type { HttpRequest } from '../../src/model/http.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import {
  accessKilling,
  byAccessToken,
  familyKilling,
  plain,
  reusable,
  withForkingWindow,
  withRefresh,
  withReuseWindow,
} from '../support/made-up-providers.ts';
import { Timeline } from './timeline-model.ts';

/** The ways in which providers treat what a renewal presents, each as the data that the product gets. */
export const PROVIDERS = {
  strict: plain,
  'family-killing': familyKilling,
  'reuse-window': withReuseWindow,
  'forking-window': withForkingWindow,
  'access-killing': accessKilling,
  'family-and-access-killing': withRefresh({ reuseKillsFamily: true, renewalKillsAccess: true }),
  'idle-ending': withRefresh({ idleMs: 4 * 3_600_000 }),
  reusable,
  'access-token': byAccessToken,
  x: xData,
} as const satisfies Readonly<Record<string, Provider>>;
export type ProviderKind = keyof typeof PROVIDERS;

export interface Grant {
  readonly user: string;
  end: { readonly why: 'user' | 'reuse' | 'superseded' | 'revoked'; readonly atMs: number } | undefined;
}

/** A refresh token as the provider knows it; an access token, where that is what a renewal presents. */
export interface RefreshToken {
  readonly text: string;
  readonly grant: Grant;
  readonly parent: RefreshToken | undefined;
  readonly issuedAtMs: number;
  /** When it ends unless it is used, where that is known from the beginning. */
  readonly endsAtMs: number | undefined;
  spentAtMs: number | undefined;
  /** The child that took its place. */
  successor: RefreshToken | undefined;
}

interface AccessToken {
  readonly text: string;
  readonly grant: Grant;
  readonly expiresAtMs: number;
  isDead: boolean;
}

interface Code {
  readonly user: string;
  readonly challenge: string | undefined;
}

/** What a consent brings. */
interface Granted {
  readonly refresh: RefreshToken;
  readonly access: string;
  readonly accessLifetimeMs: number;
}

/** What came of one request. */
export interface Handled {
  readonly status: number;
  readonly body: unknown;
  /** A refresh token that exists since then, and only in this answer. */
  readonly issued?: RefreshToken;
}

/**
 * A provider in as few lines as tell the truth about refresh tokens. It is the oracle: it knows which are alive, and
 * shares no line with the simulator that the product brings along, so that a misunderstanding of one is not in both.
 */
export class ProviderModel {
  readonly provider: Provider;
  readonly grants: Grant[] = [];
  readonly refreshTokens = new Map<string, RefreshToken>();
  readonly timeline: Timeline;
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #codes = new Map<string, Code>();
  readonly #accessLifetimeMs: number;
  #made = 0;

  constructor(kind: ProviderKind, accessLifetimeMs: number) {
    this.provider = PROVIDERS[kind];
    this.#accessLifetimeMs = accessLifetimeMs;
    this.timeline = new Timeline();
  }

  handle(request: HttpRequest, nowMs: number): Handled {
    const { pathname } = new URL(request.url);
    const { endpoints, identity } = this.provider;
    const exchanged = exchangedIn(request, this.provider);
    if (exchanged !== undefined) return this.#exchangeAccess(exchanged, nowMs);
    if (pathname === new URL(endpoints.token).pathname) return this.#token(formOf(request), nowMs);
    if (pathname === new URL(endpoints.revocation ?? endpoints.token).pathname)
      return this.#revoke(formOf(request), nowMs);
    const user = this.#userOf(request, nowMs);
    if (user === undefined) return { status: 401, body: { title: 'Unauthorized', detail: 'Unauthorized' } };
    if (pathname === identity.path) return { status: 200, body: identityOf(identity.subject, user) };
    return this.timeline.handle(request, user, nowMs);
  }

  /** The user agrees on the consent page; gives where the browser is sent. */
  consent(page: string, user: string): URLSearchParams {
    const asked = new URL(page).searchParams;
    this.#made += 1;
    const code = `canary-code-${this.#made}`;
    this.#codes.set(code, { user, challenge: asked.get('code_challenge') ?? undefined });
    return new URLSearchParams({ code, state: asked.get('state') ?? '' });
  }

  /** A grant as a consent makes it. */
  grant(user: string, nowMs: number): Granted {
    if (this.provider.grantsPerSubject === 'one') {
      for (const old of this.grants) if (old.user === user) this.end(old, 'superseded', nowMs);
    }
    const grant: Grant = { user, end: undefined };
    this.grants.push(grant);
    const { shortLived } = this.provider.renewal ?? {};
    if (shortLived !== undefined) {
      const token = this.#issueLinked(grant, undefined, { nowMs, lifetimeMs: shortLived.lifetimeMs });
      return { refresh: token, access: token.text, accessLifetimeMs: shortLived.lifetimeMs };
    }
    return {
      refresh: this.#issueRefresh(grant, undefined, nowMs),
      ...{ access: this.#issueAccess(grant, nowMs), accessLifetimeMs: this.#accessLifetimeMs },
    };
  }

  endAccess(user: string): void {
    for (const token of this.#accessTokens.values()) if (token.grant.user === user) token.isDead = true;
  }

  end(grant: Grant, why: NonNullable<Grant['end']>['why'], atMs: number): void {
    grant.end ??= { why, atMs };
  }

  /** Whether it would be taken now. */
  isGood(token: RefreshToken, nowMs: number): boolean {
    return token.grant.end === undefined && token.spentAtMs === undefined && !this.isOver(token, nowMs);
  }

  isAccessGood(text: string, nowMs: number): boolean {
    const token = this.#accessTokens.get(text);
    return token !== undefined && !token.isDead && token.grant.end === undefined && nowMs < token.expiresAtMs;
  }

  #token(form: URLSearchParams, nowMs: number): Handled {
    const code = form.get('code');
    return code === null ? this.#refresh(form.get('refresh_token') ?? '', nowMs) : this.#exchange(code, nowMs);
  }

  #exchange(text: string, nowMs: number): Handled {
    const code = this.#codes.get(text);
    this.#codes.delete(text);
    if (code === undefined) return this.#refusal();
    const { refresh, access, accessLifetimeMs } = this.grant(code.user, nowMs);
    return { status: 200, body: this.#answer(access, refresh, accessLifetimeMs), issued: refresh };
  }

  #refresh(text: string, nowMs: number): Handled {
    const token = this.refreshTokens.get(text);
    if (token === undefined || token.grant.end !== undefined || this.isOver(token, nowMs)) return this.#refusal();
    const { rotation } = this.provider.refresh;
    if (rotation === 'reusable') return { status: 200, body: this.#answer(this.#renewAccess(token, nowMs), undefined) };
    if (token.spentAtMs !== undefined) return this.#reuse(token, token.spentAtMs, nowMs);
    return this.#rotate(token, nowMs);
  }

  /** The access token against its successor; both are good then, each to its own end. */
  #exchangeAccess({ text, isUpgrade }: ExchangedToken, nowMs: number): Handled {
    const token = this.refreshTokens.get(text);
    const { minAgeMs = 0 } = this.provider.renewal ?? {};
    if (token === undefined || !this.isGood(token, nowMs)) return this.#refusal();
    // What a consent has brought is made lasting, and only what lasts is renewed, once it has an age.
    const isTaken = isUpgrade ? token.parent === undefined : token.parent !== undefined;
    if (!isTaken || (!isUpgrade && nowMs < token.issuedAtMs + minAgeMs))
      return { status: 400, body: { error: 'invalid_request' } };
    const next = this.#issueLinked(token.grant, token, { nowMs, lifetimeMs: this.#accessLifetimeMs });
    return { status: 200, body: this.#answer(next.text, next, this.#accessLifetimeMs), issued: next };
  }

  #rotate(token: RefreshToken, nowMs: number): Handled {
    token.spentAtMs ??= nowMs;
    const child = this.#issueRefresh(token.grant, token, nowMs);
    token.successor = child;
    return { status: 200, body: this.#answer(this.#renewAccess(token, nowMs), child), issued: child };
  }

  #reuse(token: RefreshToken, spentAtMs: number, nowMs: number): Handled {
    const { reuseGraceMs, graceForksFamily, reuseKillsFamily } = this.provider.refresh;
    const { successor } = token;
    if (nowMs < spentAtMs + reuseGraceMs) {
      if (graceForksFamily) return this.#rotate(token, nowMs);
      if (successor !== undefined && successor.spentAtMs === undefined)
        return { status: 200, body: this.#answer(this.#renewAccess(token, nowMs), successor), issued: successor };
    }
    if (reuseKillsFamily) this.end(token.grant, 'reuse', nowMs);
    return this.#refusal();
  }

  #revoke(form: URLSearchParams, nowMs: number): Handled {
    const text = form.get('token') ?? '';
    const refresh = this.refreshTokens.get(text);
    // A spent one is no longer a token: to revoke it is a success that changes nothing (RFC 7009, section 2.2).
    if (refresh !== undefined && refresh.spentAtMs === undefined) this.end(refresh.grant, 'revoked', nowMs);
    const access = this.#accessTokens.get(text);
    if (access !== undefined) access.isDead = true;
    return { status: 200, body: {} };
  }

  #userOf(request: HttpRequest, nowMs: number): string | undefined {
    const text = (request.headers['authorization'] ?? '').slice('Bearer '.length);
    return this.isAccessGood(text, nowMs) ? this.#accessTokens.get(text)?.grant.user : undefined;
  }

  isOver({ issuedAtMs, endsAtMs }: RefreshToken, nowMs: number): boolean {
    if (endsAtMs !== undefined) return nowMs >= endsAtMs;
    const { idleMs } = this.provider.refresh;
    return idleMs !== undefined && nowMs >= issuedAtMs + idleMs;
  }

  #issueRefresh(grant: Grant, parent: RefreshToken | undefined, nowMs: number): RefreshToken {
    this.#made += 1;
    const text = `canary-refresh-${grant.user}-${this.#made}`;
    const token = {
      ...{ text, grant, parent, issuedAtMs: nowMs, endsAtMs: undefined },
      ...{ spentAtMs: undefined, successor: undefined },
    };
    this.refreshTokens.set(text, token);
    return token;
  }

  /** One token that is both: it is called with, and it is presented for its successor. */
  #issueLinked(
    grant: Grant,
    parent: RefreshToken | undefined,
    { nowMs, lifetimeMs }: { readonly nowMs: number; readonly lifetimeMs: number },
  ): RefreshToken {
    const text = this.#issueAccess(grant, nowMs, lifetimeMs);
    const token = {
      ...{ text, grant, parent, issuedAtMs: nowMs, endsAtMs: nowMs + lifetimeMs },
      ...{ spentAtMs: undefined, successor: undefined },
    };
    this.refreshTokens.set(text, token);
    return token;
  }

  #renewAccess({ grant }: RefreshToken, nowMs: number): string {
    if (this.provider.refresh.renewalKillsAccess) {
      for (const token of this.#accessTokens.values()) if (token.grant === grant) token.isDead = true;
    }
    return this.#issueAccess(grant, nowMs);
  }

  #issueAccess(grant: Grant, nowMs: number, lifetimeMs = this.#accessLifetimeMs): string {
    this.#made += 1;
    const text = `canary-access-${grant.user}-${this.#made}`;
    this.#accessTokens.set(text, { text, grant, expiresAtMs: nowMs + lifetimeMs, isDead: false });
    return text;
  }

  /** The new refresh token stands before what a cut answer loses. */
  #answer(access: string, refresh: RefreshToken | undefined, lifetimeMs = this.#accessLifetimeMs): unknown {
    return {
      token_type: 'bearer',
      access_token: access,
      ...(refresh === undefined || refresh.text === access ? {} : { refresh_token: refresh.text }),
      expires_in: lifetimeMs / 1000,
      scope: this.provider.scopes.presets.default.join(' '),
    };
  }

  #refusal(): Handled {
    const dead = this.provider.tokenErrors.find(({ means }) => means.kind === 'rejected');
    return {
      status: 400,
      body: { error: dead?.error ?? 'invalid_grant', error_description: dead?.description ?? 'not accepted' },
    };
  }
}

export interface ExchangedToken {
  readonly text: string;
  readonly isUpgrade: boolean;
}

/** The access token that a request presents for its successor. */
export function exchangedIn({ url }: HttpRequest, { endpoints, renewal }: Provider): ExchangedToken | undefined {
  if (renewal === undefined) return undefined;
  const { origin, pathname, searchParams } = new URL(url);
  const isUpgrade = endpoints.upgrade === origin + pathname;
  if (!isUpgrade && endpoints.renewal !== origin + pathname) return undefined;
  return { text: searchParams.get(renewal.exchange.tokenParameter) ?? '', isUpgrade };
}

function formOf(request: HttpRequest): URLSearchParams {
  return new URLSearchParams(typeof request.body === 'string' ? request.body : '');
}

/** `/data/id` becomes `{data: {id: …}}`; the user's name is its id, and its handle. */
function identityOf(pointer: string, user: string): unknown {
  const [first = '', second] = pointer.split('/').slice(1);
  const facts = { id: user, login: user, username: user, public_metrics: { followers_count: 7 } };
  return second === undefined ? facts : { [first]: facts };
}
