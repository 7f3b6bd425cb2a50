import { beginConsent } from '../../src/connect/begin.ts';
import { sendBrowser } from '../../src/connect/depart.ts';
import type { Finished } from '../../src/connect/ending.ts';
import { finishConsent } from '../../src/connect/finish.ts';
import type { Consent } from '../../src/model/consent-store.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { Secret } from '../../src/model/secret.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';
import type { ProviderSide } from './provider-side.ts';
import type { WorldNode } from './world-node.ts';

export interface ConnectWish {
  readonly owner?: string;
  readonly name?: string;
  readonly scopes?: readonly string[];
  /** `false`: no refresh token is asked for. */
  readonly offline?: boolean;
  /** Consent again for this one. */
  readonly again?: ConnectionId;
  readonly returnUrl?: string;
  readonly node?: WorldNode;
}

/** Somebody's browser: it holds our cookie, and its user is signed in at the provider. */
export class Browser {
  #cookie: Secret | undefined;
  readonly #node: WorldNode;
  readonly #provider: ProviderSide;
  readonly #app: ProviderApp;

  constructor(node: WorldNode, provider: ProviderSide, app: ProviderApp) {
    this.#node = node;
    this.#provider = provider;
    this.#app = app;
  }

  /** Makes a connect link. */
  begin({
    owner = '',
    name,
    scopes = [],
    offline = true,
    again,
    returnUrl,
    node = this.#node,
  }: ConnectWish = {}): Promise<Consent> {
    const redirectUri = `http://127.0.0.1:4180/callback/${this.#app.provider.id}`;
    return beginConsent(
      { app: this.#app, owner, scopes: { chosen: scopes, offline }, name, connectionId: again, redirectUri, returnUrl },
      node.connect,
    );
  }

  /** Opens the link; gives the address of the provider's consent page. */
  async open(consent: Consent): Promise<string> {
    const { url, browserSecret } = await sendBrowser(consent.id, this.#cookie, this.#node.connect);
    this.#cookie = browserSecret;
    return url;
  }

  /** Allows at the provider; gives the address that the browser is sent back to. */
  allow(consentPage: string, user: string): string {
    return this.#provider.controls.consent(consentPage, { user });
  }

  deny(consentPage: string): string {
    return this.#provider.controls.consent(consentPage, { user: '', decision: 'deny' });
  }

  /** Comes back to us. */
  comeBack(address: string, node = this.#node): Promise<Finished> {
    const url = new URL(address);
    const provider = url.pathname.slice('/callback/'.length);
    return finishConsent({ provider, params: url.searchParams, browserSecret: this.#cookie }, node.connect);
  }

  /** The whole way. */
  async consent(user: string, wish: ConnectWish = {}): Promise<Finished> {
    const page = await this.open(await this.begin(wish));
    return this.comeBack(this.allow(page, user), wish.node);
  }
}
