import { KippuError } from '../model/errors.ts';
import type { Provider, RefreshLifetime } from './provider.ts';

/** What an app's own settings at the provider say about its refresh tokens, where they decide. Spans in milliseconds. */
export interface RefreshOptions {
  readonly rotation?: 'rotating' | 'non-rotating' | undefined;
  /** How long after its use a refresh token is still accepted. */
  readonly leewayMs?: number | undefined;
  /** From the consent; `never`: no such end. */
  readonly lifetimeMs?: number | 'never' | undefined;
  /** From the last renewal; `never`: no such end. */
  readonly idleMs?: number | 'never' | undefined;
  /** `true`: a renewal that was not answered is replayed inside the leeway, although that forks the family. */
  readonly replayInLeeway?: boolean | undefined;
}

/** What only some providers leave to an app. */
export interface SettingOptions {
  readonly audience?: string | undefined;
  readonly organization?: string | undefined;
  /** How the app's secret is sent, where its settings at the provider say so. */
  readonly clientAuth?: 'body' | 'basic' | undefined;
  readonly refresh?: RefreshOptions | undefined;
}

/**
 * A provider as one app meets it: where the app's own settings there decide about its refresh tokens and its secret, the
 * configuration repeats them here.
 *
 * Throws `invalid` for what this provider leaves no choice about.
 */
export function asConfigured(provider: Provider, { refresh, clientAuth }: SettingOptions): Provider {
  return {
    ...provider,
    clientAuth: clientAuth === undefined ? provider.clientAuth : { ...provider.clientAuth, confidential: clientAuth },
    refresh: refresh === undefined ? provider.refresh : refreshAsConfigured(provider, refresh),
  };
}

function refreshAsConfigured({ name, refresh }: Provider, options: RefreshOptions): RefreshLifetime {
  const named = Object.entries(options).find(([, value]) => value !== undefined)?.[0];
  if (named === undefined) return refresh;
  if (refresh.configurable !== true)
    throw new KippuError('invalid', `An app of ${name} has no such setting. Leave it out.`, { where: named });
  const { rotation, leewayMs, lifetimeMs, idleMs } = options;
  const { absoluteMs: usualMs, idleMs: usualIdleMs, ...rest } = refresh;
  const absoluteMs = chosen(lifetimeMs, usualMs);
  const idle = chosen(idleMs, usualIdleMs);
  return {
    ...rest,
    ...(absoluteMs === undefined ? {} : { absoluteMs }),
    ...(idle === undefined ? {} : { idleMs: idle }),
    ...(rotation === 'non-rotating' ? { rotation: 'reusable', reuseKillsFamily: false } : {}),
    reuseGraceMs: leewayMs ?? refresh.reuseGraceMs,
  };
}

function chosen(wanted: number | 'never' | undefined, usual: number | undefined): number | undefined {
  return wanted === 'never' ? undefined : (wanted ?? usual);
}

/** What nobody would read is refused instead of silently left out. */
export function refuseUnknownParameters({ name, appParameters }: Provider, options: SettingOptions): void {
  for (const option of ['audience', 'organization'] as const) {
    if (options[option] === undefined || appParameters?.[option] !== undefined) continue;
    throw new KippuError('invalid', `${name} knows no ${option}. Leave it out.`, { where: option });
  }
}
