import { OPERATOR, hasScope, isSignedIn, requireScope, type Caller } from '../app/api-keys.ts';
import { findCaller, knownCaller, requireUnbound, secretComparison } from '../app/callers.ts';
import type { App } from '../app/open.ts';
import { readCookie } from '../app/web/cookies.ts';
import type { ApiScope } from '../model/api-key-store.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Hosts } from './hosts.ts';
import type { Access } from './route.ts';

export const SESSION_COOKIE = 'kippu-session';

/** All that the caller needs; an admin must be bound to nothing besides. */
export type PlainScope = Exclude<ApiScope, 'admin'>;

const NOBODY: Caller = { apiKeyId: '', scopes: new Set(), connections: new Set() };

export interface GatePorts {
  readonly app: App;
  readonly hosts: Hosts;
  /** Of the command line on this machine. */
  readonly localKey: Secret;
}

/** Who asks. A key in the header decides alone; without one, a browser that is signed in to the console is the operator. */
export class Gate {
  readonly #ports: GatePorts;
  readonly #isLocalKey: (key: Secret) => boolean;

  constructor(ports: GatePorts) {
    this.#ports = ports;
    this.#isLocalKey = secretComparison(ports.localKey);
  }

  /** The caller, if the route is for him. Throws `unauthenticated`, `forbidden`. */
  async admit(request: Request, access: Access, peerAddress: string | undefined): Promise<Caller> {
    if (access === 'anyone') return NOBODY;
    if (access === 'monitor' && this.#ports.hosts.isOnThisMachine(request, peerAddress)) return NOBODY;
    const caller = await this.#callerOf(request);
    const scope = access === 'monitor' ? 'admin' : access;
    requireScope(caller, scope);
    if (scope === 'admin') requireUnbound(caller);
    return caller;
  }

  /**
   * As {@link admit}, from memory, for a caller with a key. `undefined` says nothing but that {@link admit} must be asked.
   */
  admitKnown(authorization: string, scope: PlainScope): Caller | undefined {
    const key = keyIn(authorization);
    const caller = key === undefined ? undefined : knownCaller(key, this.#ports.app);
    return caller !== undefined && hasScope(caller, scope) ? caller : undefined;
  }

  /** For pages: whether this browser is signed in. */
  isSignedIn(request: Request): Promise<boolean> {
    const { app } = this.#ports;
    return isSignedIn(readCookie(request, SESSION_COOKIE, app.options.publicUrl), app);
  }

  /** For what a page's form does. Throws `unauthenticated`, `forbidden`. */
  async admitForm(request: Request): Promise<void> {
    if (!(await this.isSignedIn(request))) throw new KippuError('unauthenticated', 'This browser is not signed in.');
    this.#refuseForeignPage(request);
  }

  async #callerOf(request: Request): Promise<Caller> {
    const authorization = request.headers.get('authorization');
    if (authorization !== null) return this.#callerWithKey(authorization);
    if (!(await this.isSignedIn(request))) {
      throw new KippuError(
        'unauthenticated',
        'This call needs an API key: Authorization: Bearer kpu_…. Make one with `kippu api-keys create`.',
      );
    }
    this.#refuseForeignPage(request);
    return OPERATOR;
  }

  async #callerWithKey(authorization: string): Promise<Caller> {
    const key = keyIn(authorization);
    if (key === undefined)
      throw new KippuError('unauthenticated', 'The Authorization header is not of the form "Bearer kpu_…".');
    if (this.#isLocalKey(key)) return OPERATOR;
    const caller = await findCaller(key, this.#ports.app);
    if (caller === undefined) throw new KippuError('unauthenticated', 'There is no such API key, or it was revoked.');
    return caller;
  }

  /** A cookie comes along whoever made the browser send the request: only our own pages may use it. */
  #refuseForeignPage(request: Request): void {
    if (this.#ports.hosts.isFromOurPage(request)) return;
    throw new KippuError(
      'forbidden',
      "Another site's page sent this request. Scripts use an API key instead of the browser's session.",
    );
  }
}

function keyIn(authorization: string): Secret | undefined {
  const text = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  return text === undefined ? undefined : new Secret(text);
}
