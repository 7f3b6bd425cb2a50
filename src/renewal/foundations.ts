import type { Foundation, ReauthReason } from '../model/connection.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** What a renewal presents to the token endpoint; `nothing`: there is no renewal. */
export type Presented = 'refresh_token' | 'client' | 'nothing';

interface FoundationRules {
  readonly presents: Presented;
  /** Why the connection is over once its access token is, where nothing renews it. */
  readonly overAs: ReauthReason;
  /**
   * What the provider's refusal of the access token says here. `token_over`: the token counts as ended, for everybody.
   * `nothing`: it may be that one call alone; whoever reported it gets no other token, because there is none.
   */
  readonly refusalMeans: 'token_over' | 'nothing';
  /** Whether the provider's API for tokens can end it. */
  readonly isRevocable: boolean;
}

/** How a connection is renewed, by what it rests on. All that the renewal knows of the difference is in this table. */
const RULES: Readonly<Record<Foundation, FoundationRules>> = {
  consent: { presents: 'refresh_token', overAs: 'no_refresh_token', refusalMeans: 'token_over', isRevocable: true },
  app: { presents: 'client', overAs: 'no_refresh_token', refusalMeans: 'token_over', isRevocable: true },
  key: { presents: 'nothing', overAs: 'key_over', refusalMeans: 'nothing', isRevocable: false },
};

type Founded = Pick<StoredCredential, 'restsOn' | 'refreshFingerprint'>;

/** A consent may have brought no refresh token: then nothing renews it. */
export function presentedBy({ restsOn, refreshFingerprint }: Founded): Presented {
  const { presents } = RULES[restsOn];
  return presents === 'refresh_token' && refreshFingerprint === undefined ? 'nothing' : presents;
}

export function isRenewable(credential: Founded): boolean {
  return presentedBy(credential) !== 'nothing';
}

/**
 * Whether what a renewal presents may be presented again at any time: a refresh token that its use does not spend, or the
 * app's own credentials. Then an unanswered renewal leaves no question.
 */
export function mayBePresentedAgain(credential: Founded, app: ProviderApp | undefined): boolean {
  return presentedBy(credential) === 'client' || app?.provider.refresh.rotation === 'reusable';
}

export function overAs({ restsOn }: Pick<StoredCredential, 'restsOn'>): ReauthReason {
  return RULES[restsOn].overAs;
}

export function endsWhenRefused({ restsOn }: Pick<StoredCredential, 'restsOn'>): boolean {
  return RULES[restsOn].refusalMeans === 'token_over';
}

export function isRevocable({ restsOn }: Pick<StoredCredential, 'restsOn'>): boolean {
  return RULES[restsOn].isRevocable;
}
