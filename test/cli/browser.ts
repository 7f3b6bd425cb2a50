export interface Choice {
  readonly user?: string | undefined;
  readonly decision?: 'allow' | 'deny' | undefined;
  /** A path: the browser is closed before it goes there, and the page is where it would have gone. */
  readonly stopAt?: string | undefined;
}

/** A browser as far as a consent needs one: it keeps cookies, follows redirects and fills in the simulator's form. */
export class ScriptedBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens a connect link, consents as somebody at the simulated provider, and gives the page it ends on. */
  async consent(link: string, choice: Choice = {}): Promise<Page> {
    return this.decide(await this.open(link), choice);
  }

  /** Fills in the consent page that is open. */
  decide(form: Page, { user = 'alice', decision = 'allow', stopAt }: Choice = {}): Promise<Page> {
    const consent = /name="consent" value="([^"]+)"/.exec(form.text)?.[1];
    if (consent === undefined) throw new Error(`no consent page at ${form.url}:\n${form.text}`);
    const action = /<form method="post" action="([^"]+)"/.exec(form.text)?.[1] ?? '';
    return this.open(new URL(action, form.url).href, new URLSearchParams({ consent, user, decision }), {}, stopAt);
  }

  async open(
    url: string,
    form?: URLSearchParams,
    headers: Readonly<Record<string, string>> = {},
    stopAt?: string,
  ): Promise<Page> {
    let target = url;
    let body = form;
    for (let hops = 0; hops < 10; hops += 1) {
      const { origin } = new URL(target);
      const response = await fetch(target, {
        method: body === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { ...headers, cookie: this.#cookieFor(origin) },
        ...(body === undefined ? {} : { body }),
      });
      this.#keep(origin, response);
      const location = response.headers.get('location');
      if (location === null) return { url: target, status: response.status, text: await response.text() };
      target = new URL(location, target).href;
      if (stopAt !== undefined && new URL(target).pathname === stopAt)
        return { url: target, status: response.status, text: '' };
      body = undefined;
    }
    throw new Error(`too many redirects from ${url}`);
  }

  /** Another one, with the cookies that this one has now. */
  copy(): ScriptedBrowser {
    const other = new ScriptedBrowser();
    for (const [origin, jar] of this.#cookies) other.#cookies.set(origin, new Map(jar));
    return other;
  }

  #keep(origin: string, response: Response): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    this.#cookies.set(origin, jar);
  }

  /** The `cookie` header that goes there. */
  cookiesFor(url: string): string {
    return this.#cookieFor(new URL(url).origin);
  }

  #cookieFor(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}
