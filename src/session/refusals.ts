import { assertNever } from '../model/assert-never.ts';
import { KippuError } from '../model/errors.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { explainReason } from '../renewal/explain-reason.ts';
import type { Renewal } from '../renewal/need.ts';
import type { SessionPorts } from './ports.ts';
import type { SignedIn } from './signed-in.ts';

type Facts = Pick<SignedIn, 'provider' | 'handle' | 'subject'>;

export function notSignedIn(
  provider: string | undefined,
  { signInUrl, apps }: Pick<SessionPorts, 'signInUrl' | 'apps'>,
): KippuError {
  const known = [...apps.values()].map((app) => app.provider.id);
  const where = provider ?? (known.length === 1 ? known[0] : undefined);
  return new KippuError(
    'unauthenticated',
    `Nobody is signed in${where === undefined ? '' : ` at ${where}`} with this browser. Send the user to the sign-in address.`,
    where === undefined ? {} : { connectUrl: signInUrl(where) },
  );
}

/** Throws `not_found` for a provider at which nobody can sign in here. */
export function requireProvider(provider: string, { apps }: Pick<SessionPorts, 'apps'>): ProviderApp {
  const known = [...apps.values()];
  const app = known.find((each) => each.provider.id === provider);
  if (app !== undefined) return app;
  const there = known.map((each) => each.provider.id).join(', ');
  throw new KippuError('not_found', `Nobody can sign in at that provider here. There is: ${there}.`, {
    where: 'provider',
  });
}

export function spent(session: Facts, ports: SessionPorts): KippuError {
  return again(
    session,
    'the cookie was replaced by a later one, which the browser has shown since. It may have been stolen, or restored from a backup.',
    ports,
  );
}

export function ended(session: Facts, ports: SessionPorts): KippuError {
  return again(session, 'its access token is over, and nothing renews it here.', ports);
}

function again(session: Facts, why: string, { signInUrl }: Pick<SessionPorts, 'signInUrl'>): KippuError {
  return new KippuError('reauth_required', `${nameOf(session)} must sign in again: ${why}`, {
    connectUrl: signInUrl(session.provider),
  });
}

export function unrotatable(session: Facts): KippuError {
  return new KippuError(
    'cannot_rotate',
    `The access token of ${nameOf(session)} must be renewed, and here no response can carry the new cookie. ` +
      'Call getAccessToken in middleware, in a route handler or in a server action, and pass its setCookies on.',
  );
}

/** What a renewal ended in, as the application hears of it. */
export function failed(
  renewal: Exclude<Renewal, { kind: 'served' }>,
  session: Facts,
  ports: Pick<SessionPorts, 'signInUrl' | 'apps' | 'clock'>,
): KippuError {
  const name = nameOf(session);
  switch (renewal.kind) {
    case 'reauth_required':
      return new KippuError('reauth_required', `${name} must sign in again: ${explainReason(renewal.reason)}`, {
        connectUrl: ports.signInUrl(session.provider),
      });
    case 'revoked':
      return notSignedIn(session.provider, ports);
    case 'refused':
      return new KippuError(
        'refused',
        `The provider refuses an access token of ${name} that is so new that renewing will not help. Look at what the call needs (scopes, plan, credits) instead.`,
      );
    case 'misconfigured':
      return new KippuError(
        'misconfigured',
        `The provider refuses this app, not ${name}: ${renewal.error}. Look at its client id and secret.`,
      );
    case 'unusable':
      return new KippuError(
        'misconfigured',
        `There is no access token of ${name} that could be used: ${renewal.error}. Look at what the provider answers.`,
      );
    case 'unavailable':
      return new KippuError(
        'unavailable',
        `The access token of ${name} cannot be renewed now: ${renewal.error}. Try again later.`,
        {
          retryAfterMs: Math.max(0, renewal.retryAtMs - ports.clock.nowMs()),
        },
      );
    case 'uncertain':
      return new KippuError(
        'uncertain',
        `A renewal for ${name} was sent and not answered, and nobody knows yet what became of it. Try again later; it is resolved when somebody asks.`,
        { retryAfterMs: Math.max(0, renewal.retryAtMs - ports.clock.nowMs()) },
      );
    case 'wait':
      return new KippuError('uncertain', `Another process is renewing for ${name}. Try again in a moment.`, {
        retryAfterMs: 1000,
      });
    default:
      return assertNever(renewal);
  }
}

function nameOf({ provider, handle, subject }: Facts): string {
  return `${provider}:${handle ?? subject ?? 'the signed-in user'}`;
}
