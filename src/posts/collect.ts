import { MINUTE_MS, type Clock } from '../model/clock.ts';
import type { HttpAnswer, HttpClient } from '../model/http.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { Collected } from '../model/metric.ts';
import type { Measure } from '../model/schedule.ts';
import type { Secret } from '../model/secret.ts';
import type { Measurable, Network } from './networks/network.ts';
import { findRoute, type Route, type RoutePorts } from './route.ts';

export interface CollectPorts extends RoutePorts {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** Life that the token must still have when the request leaves. */
const TOKEN_LIFE_MIN_MS = MINUTE_MS;

/**
 * Measures something of a connection's account, now. Whatever the world does is a value: a network that is down, a dead
 * grant, a missing scope. Asking changes nothing at the network, so it may be repeated; it may cost money each time.
 */
export async function collect(connectionId: ConnectionId, measure: Measure, ports: CollectPorts): Promise<Collected> {
  let refused: Secret | undefined;
  for (;;) {
    const route = await findRoute(
      connectionId,
      { minTtlMs: TOKEN_LIFE_MIN_MS, ...(refused === undefined ? {} : { refused }) },
      ports,
    );
    if (route.kind !== 'open') return closed(route, ports.clock);
    const { network, access } = route;
    const measurable = network.measures[measure];
    if (measurable === undefined) return failed(`${network.name} does not tell ${measure}`);
    const missing = measurable.scopesNeeded.filter((scope) => !access.scopes.includes(scope));
    // A network that does not tell what was granted is asked; it answers itself.
    if (access.scopes.length > 0 && missing.length > 0) return failed(scopesMissing(missing));
    const answer = await ports.http.send(measurable.request(access));
    const isTokenRefused = answer.kind === 'answered' && answer.status === 401;
    // Once more with another token, at once.
    if (!isTokenRefused || refused !== undefined) return read(answer, measurable, network);
    refused = access.accessToken;
  }
}

function closed(route: Exclude<Route, { kind: 'open' }>, clock: Clock): Collected {
  if (route.kind === 'given_up') return failed(`${route.reason}: ${route.detail}`);
  const { reason, detail, retryAfterMs } = route;
  return failed(`${reason}: ${detail}`, retryAfterMs === undefined ? undefined : clock.nowMs() + retryAfterMs);
}

function scopesMissing(scopes: readonly string[]): string {
  return `the consent lacks ${scopes.join(' and ')}: connect the account again with ${scopes.length > 1 ? 'them' : 'it'}`;
}

function read(answer: HttpAnswer, measurable: Measurable, network: Network): Collected {
  if (answer.kind !== 'answered') return failed(`${answer.cause}: ${answer.detail}`);
  if (answer.status === 200) {
    const value = measurable.read(answer);
    return value === undefined
      ? failed('HTTP 200, and no number could be read from the answer')
      : { kind: 'measured', value, costMicroUsd: measurable.costMicroUsd };
  }
  const refusal = answer.status >= 400 && answer.status < 500 ? network.readRefusal(answer) : undefined;
  const retryAtMs = answer.status === 429 ? network.retryAtMs(answer) : undefined;
  return failed(refusal?.detail ?? `HTTP ${answer.status}`, retryAtMs);
}

function failed(detail: string, retryAtMs?: number): Collected {
  return { kind: 'failed', detail, retryAtMs };
}
