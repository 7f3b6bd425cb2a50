import type { Access, AccessNeed } from '../../model/access-tokens.ts';
import { KippuError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { reachOf } from '../../providers/reach.ts';
import { refreshEndOf } from '../../renewal/lifetimes.ts';
import type { Need } from '../../renewal/need.ts';
import { grant, type Granted } from '../../session/access.ts';
import { sessionsIn } from '../../session/find.ts';
import { grantIdToken } from '../../session/id-token.ts';
import type { SessionPorts } from '../../session/ports.ts';
import type { OpenedCookie } from '../../session/signed-in.ts';
import { callWith } from '../call.ts';
import type { Outside } from '../open.ts';
import { inMs } from '../option-spans.ts';
import { SYSTEM } from '../ports/real-world.ts';
import { apiResponse, callOf } from '../web/fetched.ts';
import { handle } from './handler.ts';
import { openSession, type OpenSession } from './open-session.ts';
import type { Session, SessionOptions, SessionRequest, SessionTokenOptions, SignedInUser } from './session.ts';

/**
 * Opens lazily: what is wrong with the configuration or the ledger is thrown by the first call.
 *
 * @example
 * ```ts
 * import { createSession } from 'kippu/session';
 * import { auth0 } from 'kippu/providers';
 * import { sqlite } from 'kippu/sqlite';
 *
 * export const session = createSession({
 *   publicUrl: 'https://app.example.com',
 *   keys: process.env['KIPPU_KEYS'],
 *   providers: [auth0({ domain: 'your-tenant.eu.auth0.com', clientId: 'your-client-id' })],
 *   ledger: sqlite('sessions.db'),
 * });
 * ```
 */
export function createSession(options: SessionOptions): Session {
  return sessionIn(options, SYSTEM);
}

/** The same in a world of one's own. */
export function sessionIn(options: SessionOptions, outside: Outside): Session {
  let opening: Promise<OpenSession> | undefined;
  let isClosed = false;
  const open = async (): Promise<OpenSession> => {
    if (isClosed) throw new KippuError('store_unavailable', 'This session is closed.');
    opening ??= openSession(options, outside).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const granted = async (request: SessionRequest, wish: SessionTokenOptions): Promise<Granted> => {
    const opened = await open();
    const { ports } = opened;
    const result = await grant(request, { ...wishOf(wish), need: needOf(wish, ports) }, ports);
    opened.tidy();
    return result;
  };
  return {
    handler: (request) => handle(request, open, options.log),
    async getAccessToken(request, wish = {}) {
      const { session, setCookies } = await granted(request, wish);
      const { provider, subject, handle: name, scopes, tokens, accessExpiresAtMs: expiresAt } = session;
      const accessToken = tokens.accessToken.reveal();
      return {
        accessToken,
        tokenType: tokens.tokenType,
        expiresAt,
        scopes,
        provider,
        subject,
        handle: name,
        setCookies,
      };
    },
    async getIdToken(request, { maxAge, ...wish } = {}) {
      const maxAgeMs = inMs(maxAge, 'maxAge');
      const { ports } = await open();
      const { idToken, claims, setCookies } = await grantIdToken(request, { ...wishOf(wish), maxAgeMs }, ports);
      return { idToken: idToken.reveal(), claims: claims.all, expiresAt: claims.expiresAtMs, setCookies };
    },
    async fetch(request, url, init = {}, { provider, canSetCookies } = {}) {
      let setCookies: readonly string[] = [];
      const getAccess = async ({ refused }: AccessNeed = {}): Promise<Access> => {
        const result = await granted(request, { provider, canSetCookies, refused: refused?.reveal() });
        if (result.setCookies.length > 0) setCookies = result.setCookies;
        return accessOf(result);
      };
      const { ports } = await open();
      return apiResponse(await callWith(await callOf(url, init), getAccess, ports), setCookies);
    },
    async read(request) {
      const { ports } = await open();
      return sessionsIn(request, ports).map(userOf);
    },
    async close() {
      isClosed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

function wishOf({ provider, canSetCookies = true, signal }: SessionTokenOptions): {
  readonly provider: string | undefined;
  readonly canSetCookies: boolean;
  readonly signal: AbortSignal | undefined;
} {
  return { provider, canSetCookies, signal };
}

function needOf({ minTtl, refused }: SessionTokenOptions, { fingerprinter }: SessionPorts): Need {
  const minTtlMs = inMs(minTtl, 'minTtl');
  if (refused !== undefined)
    return { kind: 'refused', accessFingerprint: fingerprinter.fingerprint(new Secret(refused)) };
  return { kind: 'use', minTtlMs };
}

function accessOf({ session, app }: Granted): Access {
  const { tokens, scopes, version, subject, accessExpiresAtMs: expiresAtMs } = session;
  const { accessToken, tokenType, proofKey, carrier } = tokens;
  return {
    ...{ accessToken, tokenType, proofKey, carrier, expiresAtMs, scopes, version, subject },
    ...reachOf(app),
    provider: app.provider.id,
  };
}

function userOf({ session }: OpenedCookie): SignedInUser {
  const { provider, subject, handle: name, scopes, signedInAtMs, accessExpiresAtMs } = session;
  return {
    ...{ provider, subject, handle: name, scopes },
    signedInAt: signedInAtMs,
    accessExpiresAt: accessExpiresAtMs,
    refreshExpiresAt: refreshEndOf(session),
  };
}
