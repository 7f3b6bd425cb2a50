import type { ProviderApp } from '../providers/provider-app.ts';

export interface ScopeChoice {
  /** Scopes and names of presets, mixed; empty: what the app's configuration says, else the provider's default. */
  readonly chosen: readonly string[];
  /** `false`: no refresh token is asked for, and the grant ends with its access token. */
  readonly offline: boolean;
}

/** What to ask for: presets replaced by their scopes, without doubles, and the scope for a refresh token unless refused. */
export function scopesToAsk(app: ProviderApp, { chosen, offline }: ScopeChoice): readonly string[] {
  const { presets, offline: offlineScope, always = [] } = app.provider.scopes;
  const names = chosen.length > 0 ? chosen : (app.scopes ?? presets.default);
  const scopes = [...always, ...names.flatMap((name) => presets[name] ?? [name])];
  const wanted =
    offline && offlineScope !== undefined
      ? [...scopes, offlineScope]
      : scopes.filter((scope) => scope !== offlineScope);
  return [...new Set(wanted)];
}
