import type { ReauthReason } from '../model/connection.ts';

const REASONS: Readonly<Record<ReauthReason, string>> = {
  rejected_unknown:
    'the provider no longer accepts the refresh token and does not say why. Possible causes: the same app was signed in elsewhere with this account, ' +
    "the app's access was removed in the account's settings, or the refresh token's months are over.",
  expired: 'the refresh token has expired.',
  revoked_by_provider: 'the access was revoked at the provider.',
  interaction_required: 'the provider asks for something that only the user can do, such as a second factor.',
  user_blocked: 'the provider has blocked the user. An administrator there must lift that first.',
  superseded: 'a later consent of the same user with the same app replaced this grant.',
  answer_lost: 'the answer to a renewal was lost, and with it the new refresh token.',
  no_refresh_token: 'the consent brought no refresh token, and the access token is over.',
  key_over: 'the date until which the API key is good is past.',
};

/** In one sentence, for a person. */
export function explainReason(reason: ReauthReason): string {
  return REASONS[reason];
}
