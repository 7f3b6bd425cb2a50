import { KippuError } from '../../model/errors.ts';
import { OPERATOR } from '../api-keys.ts';
import { redeemConsentOf } from '../connect-progress.ts';
import { beginConnect, findConsent } from '../connecting.ts';
import { findConnection } from '../connections.ts';
import type { App } from '../open.ts';
import { connectionView, type Connection } from './connection-view.ts';

/** What a consent is for, whichever way the user gives it. */
export interface ConsentOptions {
  /** The provider's id, as in `x`. */
  readonly provider: string;
  /** Whose the connection will be: your application's own id of the user who is signed in. */
  readonly owner?: string | undefined;
  /** Scopes, or names of presets. Default: the preset `default`. */
  readonly scopes?: readonly string[] | undefined;
  /** `false`: ask for no refresh token. */
  readonly offline?: boolean | undefined;
  /** Default `provider:handle`, as in `x:alice`. */
  readonly name?: string | undefined;
  /** Id or name: consent again for this one. */
  readonly connection?: string | undefined;
}

/** A consent in the browser, and where its user goes afterwards. */
export interface ConnectOptions extends ConsentOptions {
  /**
   * Where the browser goes afterwards with `kippu_session` and `kippu_code`, which {@link Kippu.redeem} takes. Below
   * `publicUrl`, or allowed by `returnUrls`. Absent: it ends on a page of Kippu, and whoever opened the link is connected:
   * for your own accounts, not for users of your application.
   */
  readonly returnUrl?: string | undefined;
}

/** A link to send one user's browser to. */
export interface ConnectLink {
  readonly id: string;
  /** Works once, in one browser. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who redeems a code, and for whom. */
export interface RedeemOptions {
  /** Your application's own id of the user who is signed in in the browser that brought the code. */
  readonly owner?: string | undefined;
}

export async function connect(options: ConnectOptions, app: App): Promise<ConnectLink> {
  await refuseForeignConnection(options, app);
  const { id, url, expiresAtMs } = await beginConnect(options, app);
  return { id, url, expiresAt: expiresAtMs };
}

/** Consent again is for whom the connection belongs to. Throws `not_found`, `forbidden`. */
export async function refuseForeignConnection({ connection, owner }: ConsentOptions, app: App): Promise<void> {
  if (connection === undefined || owner === undefined) return;
  if ((await findConnection(connection, app)).owner === owner) return;
  throw new KippuError('forbidden', `The connection ${connection} belongs to another owner; nothing was begun.`, {
    where: '/owner',
  });
}

/** The owner is compared before the code is: a refusal uses nothing up, and the right user can still redeem. */
export async function redeem(
  session: string,
  code: string,
  { owner = '' }: RedeemOptions,
  app: App,
): Promise<Connection> {
  const consent = await findConsent(session, app);
  if (consent.owner !== owner) throw foreignConsent(owner);
  const { connection } = await redeemConsentOf(session, code, { caller: OPERATOR, app });
  if (connection === undefined) throw namelessYet();
  return connectionView(await findConnection(connection, app));
}

/** Never says whose it is. */
function foreignConsent(owner: string): KippuError {
  const advice =
    owner === ''
      ? 'Say for whom it is redeemed: redeem(session, code, { owner }), with the user who is signed in.'
      : 'Let the user who is signed in connect by himself.';
  return new KippuError(
    'forbidden',
    `This connect session was begun for somebody else; nothing was connected. ${advice}`,
  );
}

const ASK_AGAIN_MS = 5000;

function namelessYet(): KippuError {
  return new KippuError(
    'unavailable',
    'The consent is safe, but the provider could not say yet whose account it is. Redeem the same code again in a moment.',
    { retryAfterMs: ASK_AGAIN_MS },
  );
}
