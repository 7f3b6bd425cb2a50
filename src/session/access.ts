import { sessionName, type LedgerEntry, type SessionFacts } from '../model/session-ledger.ts';
import { sealTokens } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { isEnough, isLiving, isShortLived, type AccessLife } from '../renewal/lifetimes.ts';
import type { Need, Served } from '../renewal/need.ts';
import { openTokens } from '../renewal/open-tokens.ts';
import { cookiesOf, storeLines } from './cookie-jar.ts';
import { sessionsIn } from './find.ts';
import type { RenewalLedger, RequestFacts, SessionPorts } from './ports.ts';
import { foreignSite, isForeign } from './same-site.ts';
import { ended, failed, notSignedIn, requireProvider, spent, unrotatable } from './refusals.ts';
import { endOf, type OpenedCookie, type SignedIn } from './signed-in.ts';
import { standingOf, type Standing } from './standing.ts';

/** A session with good tokens, and what the response must tell the browser. */
export interface Granted {
  readonly session: SignedIn;
  readonly app: ProviderApp;
  /** `Set-Cookie` lines. Empty: the browser has what there is. */
  readonly setCookies: readonly string[];
}

export interface SessionWish {
  /** Absent: whichever the browser signed in at last. */
  readonly provider: string | undefined;
  readonly need: Need;
  /** `false`: no response can be given cookies here, so nothing may be renewed. */
  readonly canSetCookies: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens of the request's session, renewed if need be, once however many requests, tabs and processes bring the same
 * cookie: whoever comes with one that was just spent gets the very successor that the first one got.
 *
 * Throws `unauthenticated`, `not_found` for a provider that is not here, `reauth_required`, `cannot_rotate`, `forbidden` for
 * a request that another site has made, and what renewing throws.
 */
export async function grant(request: RequestFacts, wish: SessionWish, ports: SessionPorts): Promise<Granted> {
  if (isForeign(request, ports.origin)) throw foreignSite();
  const { provider } = wish;
  if (provider !== undefined) requireProvider(provider, ports);
  const candidates = sessionsIn(request, ports).filter(
    ({ group }) => provider === undefined || group.provider === provider,
  );
  let spentOne: OpenedCookie | undefined;
  for (const cookie of candidates) {
    const entry = await ports.renewals?.sessions.read(cookie.session.id);
    const standing = standingOf(cookie.session, entry, ports.clock.nowMs());
    if (standing === 'signed_out') continue;
    if (standing !== 'spent') return grantTo({ cookie, entry, standing }, { request, wish }, ports);
    spentOne ??= cookie;
  }
  if (spentOne === undefined) throw notSignedIn(provider, ports);
  await report(spentOne.session, ports);
  throw spent(spentOne.session, ports);
}

async function report({ id, version, provider, subject, handle }: SignedIn, ports: SessionPorts): Promise<void> {
  const isNew = await ports.renewals?.sessions.noteReuse(id, version);
  if (isNew === true) ports.onReuse({ provider, subject, handle });
}

interface Placed {
  readonly cookie: OpenedCookie;
  readonly entry: LedgerEntry | undefined;
  readonly standing: Exclude<Standing, 'spent' | 'signed_out'>;
}

interface Asked {
  readonly request: RequestFacts;
  readonly wish: SessionWish;
}

async function grantTo({ cookie, entry, standing }: Placed, asked: Asked, ports: SessionPorts): Promise<Granted> {
  const { session } = cookie;
  const app = appOf(session, ports);
  if (standing === 'first_seen' && entry !== undefined)
    await ports.renewals?.sessions.notePresented(session.id, session.version);
  const isNewest = entry === undefined || session.version >= entry.version;
  const { renewals } = ports;
  if (isNewest && isGood(session, app, asked.wish.need, ports)) return served(cookie, app, asked, ports);
  if (renewals === undefined) return withoutRenewal(cookie, app, asked, ports);
  if (asked.wish.canSetCookies) return renewed(cookie, app, { ...asked, renewals }, ports);
  return withoutCookies(isNewest ? session : await successorOf(session, app, renewals, ports), app, asked.wish, ports);
}

function isGood(session: SignedIn, app: ProviderApp, need: Need, ports: SessionPorts): boolean {
  const refreshFingerprint = ports.fingerprinter.fingerprint(session.tokens.accessToken);
  if (ports.renewals !== undefined && isShortLived({ ...session, refreshFingerprint }, app.provider)) return false;
  return (
    (need.kind === 'use' || need.kind === 'refused') && isEnough(lifeOf(session, ports), need, ports.clock.nowMs())
  );
}

function isAlive(session: SignedIn, need: Need, ports: SessionPorts): boolean {
  return (
    (need.kind === 'use' || need.kind === 'refused') && isLiving(lifeOf(session, ports), need, ports.clock.nowMs())
  );
}

function lifeOf(
  { accessIssuedAtMs, accessExpiresAtMs, tokens }: SignedIn,
  { fingerprinter }: SessionPorts,
): AccessLife {
  const accessFingerprint = fingerprinter.fingerprint(tokens.accessToken);
  return { accessIssuedAtMs, accessExpiresAtMs, accessRefusedAtMs: undefined, accessFingerprint };
}

/** Configured: a session of another app is not found in the first place. */
function appOf({ appId }: SignedIn, { apps }: SessionPorts): ProviderApp {
  const app = apps.get(appId);
  if (app === undefined) throw new TypeError('A session was opened whose app is not configured.');
  return app;
}

/** What the cookie holds is good, and goes back only if it is sealed with a key that is on its way out. */
function served(
  { group, session, needsReseal }: OpenedCookie,
  app: ProviderApp,
  asked: Asked,
  ports: SessionPorts,
): Granted {
  const isResealed = needsReseal && asked.wish.canSetCookies;
  return { session, app, setCookies: isResealed ? linesFor(group.base, session, app, asked.request, ports) : [] };
}

/** A token that lives a little is better than none; after it, there is only another sign-in. */
function withoutRenewal(cookie: OpenedCookie, app: ProviderApp, asked: Asked, ports: SessionPorts): Granted {
  if (isAlive(cookie.session, asked.wish.need, ports)) return served(cookie, app, asked, ports);
  throw ended(cookie.session, ports);
}

/** What somebody else's renewal brought may be used here; a renewal of our own would have nowhere to go. */
function withoutCookies(session: SignedIn, app: ProviderApp, { need }: SessionWish, ports: SessionPorts): Granted {
  if (isAlive(session, need, ports)) return { session, app, setCookies: [] };
  throw unrotatable(session);
}

async function renewed(
  cookie: OpenedCookie,
  app: ProviderApp,
  { request, wish, renewals }: Asked & { readonly renewals: RenewalLedger },
  ports: SessionPorts,
): Promise<Granted> {
  const { session } = cookie;
  const tokens = sealedFor(session, app, ports);
  await renewals.sessions.enter({ ...factsOf(session), tokens, version: session.version });
  const renewal = await renewals.flights.ask(session.id, wish.need, { signal: wish.signal });
  if (renewal.kind !== 'served') throw failed(renewal, session, ports);
  const current = await successorOf(session, app, renewals, ports);
  if (current.version === session.version) {
    // Its cookie will be made of what is stored, as everybody's is: until then the token alone is handed out.
    if (renewal.version > session.version) return { session: unwritten(session, renewal, ports), app, setCookies: [] };
    return served(cookie, app, { request, wish }, ports);
  }
  return { session: current, app, setCookies: linesFor(cookie.group.base, current, app, request, ports) };
}

/** Renewed, and in a spool: the ledger, which is away, has not got it yet. */
function unwritten(session: SignedIn, renewal: Served, ports: SessionPorts): SignedIn {
  const { tokens, version, scopes, accessIssuedAtMs, accessExpiresAtMs } = renewal;
  return keptPart({ ...session, tokens, version, scopes, accessIssuedAtMs, accessExpiresAtMs }, ports);
}

/** The same for everybody: made of what is stored, and of nothing else. */
async function successorOf(
  session: SignedIn,
  app: ProviderApp,
  { credentials }: RenewalLedger,
  ports: SessionPorts,
): Promise<SignedIn> {
  const credential = await credentials.read(session.id);
  if (credential === undefined || credential.state === 'revoked') throw notSignedIn(session.provider, ports);
  const { refreshAbsoluteEndsAtMs, refreshIdleEndsAtMs, accessIssuedAtMs, accessExpiresAtMs } = credential;
  return keptPart(
    {
      ...session,
      ...{ refreshAbsoluteEndsAtMs, refreshIdleEndsAtMs, accessIssuedAtMs, accessExpiresAtMs },
      version: credential.version,
      scopes: credential.scopes,
      tokens: openTokens({ credential, app }, ports),
    },
    ports,
  );
}

/** As far as the application wants its cookies to hold it. */
export function keptPart(session: SignedIn, { keepsIdToken, renewals }: SessionPorts): SignedIn {
  const tokens = keepsIdToken ? session.tokens : { ...session.tokens, idToken: undefined };
  if (renewals !== undefined) return { ...session, tokens };
  return {
    ...session,
    ...{ refreshAbsoluteEndsAtMs: undefined, refreshIdleEndsAtMs: undefined },
    tokens: { ...tokens, refreshToken: undefined },
  };
}

export function linesFor(
  base: string,
  session: SignedIn,
  app: ProviderApp,
  request: RequestFacts,
  { cookies, rules }: SessionPorts,
): string[] {
  return storeLines(
    cookies.seal(base, session),
    { cookies: cookiesOf(request.headers), endsAtMs: endOf(session, canRenew(session, app)) },
    rules,
  );
}

/** Where a token renews itself, the access token is what a renewal presents. */
function canRenew({ tokens }: SignedIn, { provider }: ProviderApp): boolean {
  return tokens.refreshToken !== undefined || provider.renewal !== undefined;
}

export function factsOf(session: SignedIn): SessionFacts {
  const { id, provider, appId, subject, handle, scopes, signedInAtMs } = session;
  const endsAtMs = endOf(session, true);
  return { id, provider, providerAppId: appId, subject, handle, scopes, grantedAtMs: signedInAtMs, endsAtMs };
}

/** As a renewal finds it: with the ends that it had, and due for nobody. */
function sealedFor(session: SignedIn, app: ProviderApp, ports: SessionPorts): ReturnType<typeof sealTokens> {
  const { id, tokens, signedInAtMs, accessIssuedAtMs, accessExpiresAtMs } = session;
  const home = {
    connectionId: id,
    owner: sessionName(id),
    app,
    restsOn: 'consent',
    keptRefreshToken: undefined,
    grantedAtMs: signedInAtMs,
    nowMs: accessIssuedAtMs,
    dueAtMs: undefined,
  } as const;
  const { refreshAbsoluteEndsAtMs, refreshIdleEndsAtMs } = session;
  return { ...sealTokens(tokens, home, ports), refreshAbsoluteEndsAtMs, refreshIdleEndsAtMs, accessExpiresAtMs };
}
