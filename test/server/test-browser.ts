import assert from 'node:assert/strict';
import type { Answer, ServedKippu } from './served-kippu.ts';

/** Somebody's browser, as far as HTTP can tell: it keeps cookies and says where a request comes from. */
export class TestBrowser {
  readonly #kippu: ServedKippu;
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(kippu: ServedKippu, origin: string) {
    this.#kippu = kippu;
    this.#origin = origin;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  /** Goes to an address, as a click or the address bar does; redirects are not followed. */
  open(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', url, { headers: { 'sec-fetch-site': 'none', ...headers } });
  }

  /** Sends a form of one of our pages. */
  submit(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const ours = { 'sec-fetch-site': 'same-origin', origin: new URL(this.#origin).origin };
    return this.#send('POST', path, {
      headers: { ...ours, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
  }

  /** With exactly these headers, and the cookies. */
  raw(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    return this.#send(method, path, { headers, ...(body === undefined ? {} : { body }) });
  }

  async signIn(): Promise<void> {
    const { json } = await this.#kippu.operator.post('/v1/sign-in-links');
    const answer = await this.open(json.url);
    assert.equal(answer.status, 303);
  }

  /** Opens a connect link, allows at the provider, and comes back. */
  async consent(link: string, user: string, decision: 'allow' | 'deny' = 'allow'): Promise<Answer> {
    const departure = await this.open(link);
    assert.equal(departure.status, 303, departure.text);
    const back = this.#kippu.x.consent(departure.headers.get('location') ?? '', { user, decision });
    return this.open(back, { 'sec-fetch-site': 'cross-site' });
  }

  async #send(
    method: string,
    url: string,
    { headers, body }: { readonly headers: Record<string, string>; readonly body?: string },
  ): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const request = new Request(new URL(url, `${this.#origin}/`), {
      method,
      headers: { ...headers, cookie },
      ...(body === undefined ? {} : { body }),
    });
    const answer = await this.#kippu.send(request);
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
    if (value !== '') this.#kippu.answers.secrets.add(value);
  }
}
