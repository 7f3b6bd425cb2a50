import { once } from 'node:events';
import type { Server } from 'node:http';
import OidcProvider from 'oidc-provider';
import { freePort } from '../support/free-port.ts';

export const CLIENT_ID = 'kippu:foreign/1';
/** An app that has tokens of its own, and no users. */
export const ROBOT_ID = 'kippu-robot';
/** Every character that form-encoding changes: RFC 6749, section 2.3.1, wants it encoded before Base64. */
export const CLIENT_SECRET = 'p+/%:&= ~a-secret-of-32-characters';

export interface ForeignOptions {
  readonly features?: Readonly<Record<string, unknown>>;
  /** Replaces what it knows of the client. */
  readonly client?: Readonly<Record<string, unknown>>;
}

/** A certified authorization server that we did not write, with single-use refresh tokens and family revocation. */
export class ForeignServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  /** Refresh tokens that it has exchanged. */
  exchanges = 0;

  private constructor(url: string, server: Server) {
    this.url = url;
    this.#server = server;
  }

  static async start(redirectUri: string, { features = {}, client = {} }: ForeignOptions = {}): Promise<ForeignServer> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const provider = new OidcProvider(url, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'client_secret_basic',
          ...client,
        },
        {
          client_id: ROBOT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [],
          response_types: [],
          grant_types: ['client_credentials'],
          token_endpoint_auth_method: 'client_secret_basic',
        },
      ],
      scopes: ['openid', 'offline_access', 'read'],
      pkce: { required: () => true },
      rotateRefreshToken: true,
      issueRefreshToken: async (_context: unknown, _client: unknown, code: { readonly scopes: ReadonlySet<string> }) =>
        code.scopes.has('offline_access'),
      features: {
        devInteractions: { enabled: true },
        revocation: { enabled: true },
        introspection: { enabled: true },
        clientCredentials: { enabled: true },
        ...features,
      },
      // Time is put forward on one side alone.
      clockTolerance: 15,
      cookies: { keys: ['of no value'] },
    });
    const server = provider.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const foreign = new ForeignServer(url, server);
    provider.on('grant.success', (context: { readonly oidc: { readonly params?: Record<string, unknown> } }) => {
      if (context.oidc.params?.['grant_type'] === 'refresh_token') foreign.exchanges += 1;
    });
    return foreign;
  }

  /** Walks through its login and consent pages as a browser does. Gives the address that it sends the browser back to. */
  async consent(authorizationUrl: string, login: string): Promise<string> {
    const end = await this.#walk(authorizationUrl, login);
    if (end.kind === 'away') return end.url;
    throw new Error(`the foreign server never sent the browser back: ${end.status} ${end.text}`);
  }

  /** The same with a device's code in the address, up to the page that says that it is done. */
  async consentDevice(verificationUri: string, login: string): Promise<void> {
    const end = await this.#walk(verificationUri, login);
    if (end.kind === 'away' || end.status !== 200) throw new Error('the device was not allowed');
  }

  async #walk(start: string, login: string): Promise<Walked> {
    const jar = new Map<string, string>();
    let url = start;
    let form: URLSearchParams | undefined;
    for (let steps = 0; steps < 20; steps += 1) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form === undefined ? {} : { method: 'POST', body: form }),
      });
      for (const cookie of response.headers.getSetCookie()) keep(jar, cookie);
      const location = response.headers.get('location');
      form = undefined;
      if (location !== null) {
        url = new URL(location, url).href;
        if (new URL(url).origin !== this.url) return { kind: 'away', url };
        continue;
      }
      const page = await response.text();
      form = filledIn(page, login);
      if (form === undefined) return { kind: 'page', status: response.status, text: page };
      url = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? url, url).href;
    }
    throw new Error('the foreign server went round in circles');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

type Walked =
  | { readonly kind: 'away'; readonly url: string }
  | { readonly kind: 'page'; readonly status: number; readonly text: string };

/** The page's form as a user sends it; none where there is no form to send. */
function filledIn(page: string, login: string): URLSearchParams | undefined {
  const inputs = [...page.matchAll(/<input\b[^>]*>/g)].map(([input]) => input);
  const form = new URLSearchParams();
  for (const input of inputs) {
    const name = /name="([^"]+)"/.exec(input)?.[1];
    if (name !== undefined) form.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  if (form.has('login')) form.set('login', login);
  if (form.has('password')) form.set('password', 'any');
  return form.size === 0 ? undefined : form;
}

function keep(jar: Map<string, string>, cookie: string): void {
  const [pair = ''] = cookie.split(';');
  const at = pair.indexOf('=');
  const value = pair.slice(at + 1);
  if (value === '') jar.delete(pair.slice(0, at));
  else jar.set(pair.slice(0, at), value);
}
