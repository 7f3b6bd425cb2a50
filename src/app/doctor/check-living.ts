import { SECOND_MS } from '../../model/clock.ts';
import type { Connection } from '../../model/connection.ts';
import type { StoredCredential } from '../../model/credential-store.ts';
import type { Store } from '../../model/store.ts';
import type { Vault } from '../../model/vault.ts';
import type { TokenStanding } from '../../protocol/introspection.ts';
import { sendAsClient, type SigningPorts } from '../../protocol/signed-request.ts';
import { readTokenCheck, tokenCheckRequest } from '../../protocol/token-check.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import { openTokens } from '../../renewal/open-tokens.ts';
import type { Finding } from './finding.ts';

/** Of each provider app: a question costs a call, and everybody who waits for the diagnosis waits for it. */
const ASKED_MAX = 20;
/** Of the connections of an app, so many are looked through for those. */
const LISTED_MAX = 200;
/** One that ends sooner may be over when the provider hears of it. */
const LEAST_LIFE_MS = 30 * SECOND_MS;

/**
 * Asks the providers that tell whether access tokens live that live by our own account. Nothing is presented, nothing is
 * renewed, and whatever is answered, nothing in the store changes.
 */
export async function checkLiving(
  store: AskedStore,
  apps: readonly ProviderApp[],
  ports: AskingPorts,
): Promise<Finding[]> {
  const checked = await Promise.all(apps.map((app) => checkApp(app, store, ports)));
  return checked.flat();
}

type AskedStore = Pick<Store, 'connections' | 'credentials'>;
type AskingPorts = SigningPorts & { readonly vault: Vault };

/** One after the other, and no more after the first question that nobody answers: the next would fare no better. */
async function checkApp(app: ProviderApp, store: AskedStore, ports: AskingPorts): Promise<Finding[]> {
  const provider = app.provider.id;
  const dead: string[] = [];
  let asked = 0;
  for (const { id, name } of await candidates(app, store)) {
    if (asked === ASKED_MAX) break;
    const credential = await store.credentials.read(id);
    if (credential === undefined || !isLivingHere(credential, ports.clock.nowMs())) continue;
    const standing = await ask(app, credential, ports);
    if (standing === undefined) return [];
    asked += 1;
    if (standing.kind === 'unknown')
      return [
        ...deadFinding(provider, dead),
        { kind: 'tokens_not_asked', level: 'warning', provider, error: standing.error },
      ];
    if (standing.kind === 'inactive' && (await isStillThere(credential, store, ports))) dead.push(name);
  }
  if (dead.length > 0) return deadFinding(provider, dead);
  return asked === 0 ? [] : [{ kind: 'tokens_living', level: 'ok', provider, count: asked }];
}

function deadFinding(provider: string, names: readonly string[]): Finding[] {
  return names.length === 0 ? [] : [{ kind: 'tokens_dead', level: 'problem', provider, names }];
}

/** A static key was not handed out by the provider's authorization server: there it is not known. */
async function candidates(app: ProviderApp, { connections }: AskedStore): Promise<Connection[]> {
  const { items } = await connections.list({ providerAppId: app.id, state: 'active', limit: LISTED_MAX });
  return items.filter(({ restsOn }) => restsOn !== 'key');
}

/** Not while a renewal is under way either: it may end the token at this moment. */
function isLivingHere(
  { state, accessExpiresAtMs, accessRefusedAtMs, openAttempt }: StoredCredential,
  nowMs: number,
): boolean {
  if (state !== 'active' || openAttempt !== undefined || accessRefusedAtMs !== undefined) return false;
  return accessExpiresAtMs === undefined || accessExpiresAtMs - nowMs > LEAST_LIFE_MS;
}

/** Nothing: this app cannot ask. */
async function ask(
  app: ProviderApp,
  credential: StoredCredential,
  ports: AskingPorts,
): Promise<TokenStanding | undefined> {
  const { accessToken } = openTokens({ credential, app }, ports);
  const request = tokenCheckRequest(app, accessToken);
  if (request === undefined) return undefined;
  return readTokenCheck(app, await sendAsClient(request, { app, proofKey: undefined }, ports));
}

/** The server beside us may have renewed or revoked it since it was read: then its death is no news. */
async function isStillThere(
  { connectionId, version }: StoredCredential,
  store: AskedStore,
  ports: AskingPorts,
): Promise<boolean> {
  const now = await store.credentials.read(connectionId);
  return now !== undefined && now.version === version && isLivingHere(now, ports.clock.nowMs());
}
