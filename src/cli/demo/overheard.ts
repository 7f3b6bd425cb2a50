import type { HttpAnswer, HttpClient } from '../../model/http.ts';

/**
 * The network with an ear in it, which notes the refresh tokens that pass by: what a thief would copy, and what the
 * story presents once more. Nothing is changed, and nothing of it is ever printed.
 */
export class Overheard implements HttpClient {
  readonly #http: HttpClient;
  /** The oldest first. */
  readonly refreshTokens: string[] = [];

  constructor(http: HttpClient) {
    this.#http = http;
  }

  async send(...[request, watch]: Parameters<HttpClient['send']>): Promise<HttpAnswer> {
    const answer = await this.#http.send(request, watch);
    if (answer.kind === 'answered' && answer.status === 200 && request.method === 'POST') this.#note(answer.body);
    return answer;
  }

  /** The one that the last token answer brought. */
  latestRefreshToken(): string {
    return this.refreshTokens.at(-1) ?? '';
  }

  #note(body: Uint8Array): void {
    const text = Buffer.from(body).toString('utf8');
    const found = /"refresh_token":"([^"]+)"/.exec(text)?.[1];
    if (found !== undefined) this.refreshTokens.push(found);
  }
}
